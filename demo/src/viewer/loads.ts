// The loads of a page that the reports tell of: the one that wrote the report, and those before it.
import type { CryptoDiagReport, EarlierPage, PageEnd } from 'lotus-crypto-diag';

import { type Who, whoOf } from './episodes';
import { END_WORDS, moment } from './words';

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

/** A page as the model has it, whatever an older report left out. */
export const wholePage = (page: EarlierPage): EarlierPage => ({
  ...page,
  end: page.end ?? 'unknown',
  entries: page.entries ?? [],
  entriesLeftOut: page.entriesLeftOut ?? 0,
  cryptoStore: page.cryptoStore ?? null,
  captureSession: page.captureSession ?? null,
  repair: page.repair ?? null,
});
