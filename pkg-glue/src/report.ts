import { core } from './core';
import { checkCryptoStore } from './crypto-store';
import { judgeNow, loadJudge } from './diagnose-later';
import type { Diagnosis } from './generated/model';
import type { MatrixClientLike } from './matrix-client';

/** What only the host knows. */
export interface ReportExtras {
  /** Version of matrix-js-sdk: it does not tell it at run time. */
  sdkVersion?: string;
  /** Name and version of the app: `Lotus 4.11.1`. */
  app?: string;
  /** Anything worth telling the reader. */
  notes?: string[];
  /**
   * Whether a report that is collected may have the SDK fetch events that could not be read, at most five: whether they are
   * malformed on the homeserver, their copy there decides. These are requests of the SDK's own, in the user's name.
   * `false` unless given.
   */
  fetchEvents?: boolean;
}

/**
 * What is known now, as JSON. `mx` may be missing or half-initialised. The diagnosis is in it once it was loaded: with the
 * first report that was collected.
 */
export function buildCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): string {
  return core().reports.build(mx, extras, judgeNow());
}

/**
 * The same, after asking the SDK and the browser what they only tell asynchronously. Never rejects; takes a few seconds
 * at most.
 */
export function collectCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  const asked = Promise.all([loadJudge(), core().tabs.call(), mx && checkCryptoStore(mx)]);
  return core().reports.collect(
    mx,
    extras,
    asked.then(([judge]) => judge),
  );
}

/**
 * What the evidence says now: the runbook's verdicts. `null` where the module that judges could not be loaded. Never
 * rejects.
 */
export async function getCryptoDiagnosis(
  mx?: MatrixClientLike | null,
  extras?: ReportExtras,
): Promise<Diagnosis | null> {
  return JSON.parse(core().reports.build(mx, extras, await loadJudge())).diagnosis;
}
