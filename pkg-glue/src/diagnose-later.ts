// The module that judges a report is not there at boot: it is loaded when somebody wants to know.

import { explain, within } from './bounded';
import type { Report, ServerEvidence } from './generated/model';

let diagnosis: typeof import('./diagnosis') | undefined;

/** The network may stall. What is loaded after that is there for the next report. */
const PATIENCE_MS = 5000;

/** Loads the module. What goes wrong is told, and tried again at the next call. */
export async function loadDiagnosis(): Promise<string | null> {
  try {
    diagnosis ??= await within('its module', () => import('./diagnosis'), PATIENCE_MS);
    return null;
  } catch (error) {
    return `the diagnosis could not be loaded: ${explain(error)}`;
  }
}

/** The report with its diagnosis and runbook; without them, it says why. */
export function withDiagnosis(report: Report, trouble: string | null = null, evidence?: ServerEvidence): Report {
  if (!diagnosis) {
    const note = trouble ?? 'the diagnosis is not loaded yet: a report that is collected, not built, has it';
    return { ...report, notes: [...report.notes, note] };
  }
  try {
    return { ...report, ...diagnosis.diagnoseReport(report, evidence) };
  } catch (error) {
    return { ...report, notes: [...report.notes, `the diagnosis failed: ${explain(error)}`] };
  }
}
