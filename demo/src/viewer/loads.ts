// The page loads in the reports: the one that wrote the report, and those before it.
import type { CryptoDiagEntry, CryptoDiagReport, EarlierPage, PageEnd } from 'lotus-crypto-diag';

import { type Owner, ownerOf } from './episodes';
import { END_WORDS, FAULTS, moment } from './words';

export type PageLoad = {
  key: string;
  owner: Owner;
  from: number;
  to: number;
  /** `null`: this load wrote the report. */
  end: PageEnd | null;
};

type Source = { id: string; report: CryptoDiagReport };

/** In chronological order; empty if no report has an earlier load. */
export function loadsOf(sources: Source[]): PageLoad[] {
  if (sources.every(({ report }) => report.earlier.length === 0)) return [];
  const loads = new Map<string, PageLoad>();
  for (const { report } of [...sources].sort((a, b) => a.report.generatedAt.localeCompare(b.report.generatedAt))) {
    const owner = ownerOf(report);
    const add = (began: string | null, last: string, end: PageEnd | null) => {
      const [from, to] = [Date.parse(began ?? last), Date.parse(last)];
      if (Number.isNaN(from) || Number.isNaN(to)) return;
      // The page that wrote a report is an earlier page in the next report, which knows how it ended.
      const key = `${owner.key} ${from}`;
      const existing = loads.get(key);
      loads.set(key, {
        key,
        owner,
        from,
        to: Math.max(from, to, existing?.to ?? 0),
        end: end ?? existing?.end ?? null,
      });
    };
    for (const { beganAt, lastSeenAt, end } of report.earlier) add(beganAt, lastSeenAt, end);
    add(report.capturingSince, report.generatedAt, null);
  }
  return [...loads.values()].sort((a, b) => a.from - b.from);
}

export const loadWords = ({ owner, from, to, end }: PageLoad): string =>
  `Page load of ${owner.label}, ${moment(from)} to ${moment(to)} UTC, ${end ? END_WORDS[end] : 'wrote the report'}`;

/** Since when a report has evidence, and from how many page loads. */
export function reachOf({ earlier, capturingSince, generatedAt }: CryptoDiagReport): { since: number; loads: number } {
  const times = [capturingSince ?? generatedAt, ...earlier.map(({ beganAt }) => beganAt)].map((time) =>
    Date.parse(time),
  );
  return { since: Math.min(...times.filter((time) => !Number.isNaN(time))), loads: earlier.length + 1 };
}

export function reachWords(report: CryptoDiagReport): string {
  const { since, loads } = reachOf(report);
  return `Since ${moment(since)} UTC, in ${loads} page ${loads === 1 ? 'load' : 'loads'}.`;
}

/**
 * The earlier pages that the diagnosis also accepts: invalid pages and entries are left out. They come from storage to
 * which any script of the origin can write.
 */
export function validPages(pages: unknown): EarlierPage[] {
  return Array.isArray(pages) ? pages.filter(isPage).map(withDefaults) : [];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

function isPage(page: unknown): page is EarlierPage {
  if (!isObject(page)) return false;
  const { beganAt, lastSeenAt, entries } = page;
  return isTime(beganAt) && isTime(lastSeenAt) && (entries === undefined || Array.isArray(entries));
}

function isEntry(entry: unknown): entry is CryptoDiagEntry {
  if (!isObject(entry)) return false;
  const { firstTs, lastTs, level, message, source, count, ke, detail } = entry;
  return (
    [firstTs, lastTs].every(isTime) &&
    [level, message, source].every((text) => typeof text === 'string') &&
    typeof count === 'number' &&
    FAULTS.some((fault) => fault === ke) &&
    isObject(detail) &&
    typeof detail['kind'] === 'string'
  );
}

function withDefaults(page: EarlierPage): EarlierPage {
  const { end, cryptoStore, captureSession, repair } = page;
  return {
    ...page,
    end: Object.hasOwn(END_WORDS, end ?? '') ? end : 'unknown',
    entries: (page.entries ?? []).filter(isEntry),
    entriesLeftOut: page.entriesLeftOut ?? 0,
    cryptoStore: isObject(cryptoStore) ? cryptoStore : null,
    captureSession: isObject(captureSession) && Array.isArray(captureSession.marks) ? captureSession : null,
    repair: isObject(repair) ? repair : null,
  };
}
