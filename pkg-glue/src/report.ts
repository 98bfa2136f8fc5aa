import { core } from './core';
import { checkCryptoStore } from './crypto-store';
import { judgeNow, loadJudge } from './diagnose-later';
import type { Diagnosis } from './generated/model';
import type { MatrixClientLike } from './matrix-client';

/** Report fields that only the host knows. */
export interface ReportExtras {
  /** Version of matrix-js-sdk, which the SDK does not expose at run time. */
  sdkVersion?: string;
  /** Name and version of the app: `Lotus 4.11.1`. */
  app?: string;
  /** Anything else the reader should know. */
  notes?: string[];
  /**
   * Whether collecting a report may have the SDK fetch events that could not be decrypted, at most five: only the
   * homeserver's copy shows whether they are malformed there. The SDK sends these requests in the user's name. Default:
   * `false`.
   */
  fetchEvents?: boolean;
}

/**
 * A report of what is known now, as JSON. `mx` may be missing or half-initialised. The report has a diagnosis once the
 * diagnosis module is loaded, that is, after the first collected report.
 */
export function buildCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): string {
  return core().reports.build(mx, extras, judgeNow());
}

/**
 * Like `buildCryptoDiagReport`, after asking the SDK and the browser what they only answer asynchronously. Never
 * rejects; takes a few seconds at most.
 */
export function collectCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  const prepared = Promise.all([loadJudge(), core().tabs.callRoll(), mx && checkCryptoStore(mx)]);
  return core().reports.collect(
    mx,
    extras,
    prepared.then(([judge]) => judge),
  );
}

/**
 * The runbook's verdicts on the current evidence; `null` if the diagnosis module could not be loaded. Never rejects.
 */
export async function getCryptoDiagnosis(
  mx?: MatrixClientLike | null,
  extras?: ReportExtras,
): Promise<Diagnosis | null> {
  return JSON.parse(core().reports.build(mx, extras, await loadJudge())).diagnosis;
}
