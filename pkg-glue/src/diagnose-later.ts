// The module that diagnoses a report is loaded on demand, not at boot.

import { explain, within } from './bounded';

/**
 * Returns the report's text with its diagnosis and runbook added. `evidence` is the text of what was fetched for it.
 */
export type Judge = (report: string, evidence?: string) => string;

let loaded: Judge | undefined;

/** The network may stall. A module that arrives later is used for the next report. */
const TIMEOUT_MS = 5000;

/** The judge if it is loaded, or a note that it is not. */
export const judgeNow = (): Judge | string =>
  loaded ?? 'the diagnosis is not loaded yet: a report that is collected, not built, has it';

/** Loads the judge. A failure is returned as a note, and the next call tries again. */
export async function loadJudge(): Promise<Judge | string> {
  try {
    loaded ??= (await within('its module', () => import('./diagnosis-module'), TIMEOUT_MS)).judgeReport;
    return loaded;
  } catch (error) {
    return `the diagnosis could not be loaded: ${explain(error)}`;
  }
}
