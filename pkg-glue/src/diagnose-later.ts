// The module that judges a report is not there at boot: it is loaded when somebody wants to know.

import { explain, within } from './bounded';

/** Gives the text of a report with its diagnosis and runbook. `evidence` is the text of what was fetched for it. */
export type Judge = (report: string, evidence?: string) => string;

let loaded: Judge | undefined;

/** The network may stall. What is loaded after that is there for the next report. */
const PATIENCE_MS = 5000;

/** The one that is loaded, or the note that it is not. */
export const judgeNow = (): Judge | string =>
  loaded ?? 'the diagnosis is not loaded yet: a report that is collected, not built, has it';

/** Loads it. What goes wrong is told, and tried again at the next call. */
export async function loadJudge(): Promise<Judge | string> {
  try {
    loaded ??= (await within('its module', () => import('./diagnosis-module'), PATIENCE_MS)).judgeReport;
    return loaded;
  } catch (error) {
    return `the diagnosis could not be loaded: ${explain(error)}`;
  }
}
