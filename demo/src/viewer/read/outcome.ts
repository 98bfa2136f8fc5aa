import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type { LogLine, ServerEvidence } from 'lotus-crypto-diag/diagnosis';

import type { Timed } from './timed';

/** Answers of the runbook's queries, by table. */
export type Rows = Pick<
  ServerEvidence,
  'oneTimeKeys' | 'oneTimeKeyCounts' | 'fallbackKeys' | 'deviceInbox' | 'devices' | 'events'
>;

/** What a file turned out to be. */
export type Kind = 'report' | 'har' | 'log' | 'rows';

/** Everything that was kept of a file. */
export type Content = {
  kind: Kind;
  reports: CryptoDiagReport[];
  rows: Rows;
  /** Requests of a HAR file, or of a homeserver's log. */
  requests: Timed[];
  /** Lines of a homeserver's log that say more than that a request ended. */
  lines: (LogLine & { at: number })[];
  /** For a person to read: what was found, in one sentence. */
  summary: string;
  /** For a person to read: what was left out, and why. */
  notes: string[];
};

export const blank = (kind: Kind): Content => ({
  kind,
  reports: [],
  rows: {},
  requests: [],
  lines: [],
  summary: '',
  notes: [],
});

/** A file that says nothing here; `message` is for a person to read. */
export class Unreadable extends Error {
  override name = 'Unreadable';
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
