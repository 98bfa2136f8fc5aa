// The loads of a page that the reports tell of: the one that wrote the report, and those before it.
import type { CryptoDiagEntry, CryptoDiagReport, EarlierPage, PageEnd } from 'lotus-crypto-diag';

import { type Who, whoOf } from './episodes';
import { END_WORDS, FAULTS, moment } from './words';

/** One load of the page. */
export type PageLoad = {
  key: string;
  who: Who;
  from: number;
  to: number;
  /** `null`: it wrote the report. */
  end: PageEnd | null;
};

type Source = { id: string; report: CryptoDiagReport };

/** In the order of time; none where no report tells of an earlier one. */
export function loadsOf(sources: Source[]): PageLoad[] {
  if (sources.every(({ report }) => report.earlier.length === 0)) return [];
  const loads = new Map<string, PageLoad>();
  for (const { report } of [...sources].sort((a, b) => a.report.generatedAt.localeCompare(b.report.generatedAt))) {
    const who = whoOf(report);
    const put = (began: string | null, last: string, end: PageEnd | null) => {
      const [from, to] = [Date.parse(began ?? last), Date.parse(last)];
      if (Number.isNaN(from) || Number.isNaN(to)) return;
      // What wrote a report is an earlier page to the next one, which knows how it ended.
      const key = `${who.key} ${from}`;
      const known = loads.get(key);
      loads.set(key, { key, who, from, to: Math.max(from, to, known?.to ?? 0), end: end ?? known?.end ?? null });
    };
    for (const { beganAt, lastSeenAt, end } of report.earlier) put(beganAt, lastSeenAt, end);
    put(report.capturingSince, report.generatedAt, null);
  }
  return [...loads.values()].sort((a, b) => a.from - b.from);
}

export const loadWords = ({ who, from, to, end }: PageLoad): string =>
  `Page load of ${who.label}, ${moment(from)} to ${moment(to)} UTC, ${end ? END_WORDS[end] : 'wrote the report'}`;

/** Since when a report tells something, and over how many loads of the page. */
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
 * The earlier pages as the diagnosis counts them: what cannot be read as a page or an entry is left out there, too. They stood
 * where any script of the origin can write.
 */
export function wholePages(pages: unknown): EarlierPage[] {
  return Array.isArray(pages) ? pages.filter(isPage).map(wholePage) : [];
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

function wholePage(page: EarlierPage): EarlierPage {
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
