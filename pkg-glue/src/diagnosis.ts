/**
 * What a report says: for whoever reads reports. The WebAssembly for it is inlined here; an app that only gathers
 * evidence loads it when it is asked for a report, not at boot.
 */
import { diagnose, initSync } from '../wasm/diagnosis/lotus_crypto_diag.js';
import wasm from '../wasm/diagnosis/optimised.wasm';
import type { Analysis, Report, ServerEvidence } from './generated/model';
import { bytesOf } from './inlined';

export type {
  Analysis,
  Database,
  DeviceInboxRow,
  DeviceRow,
  Diagnosis,
  EncryptedContent,
  EvidenceRef,
  FallbackKeyRow,
  Finding,
  HarRequest,
  LogLine,
  OneTimeKeyCount,
  OneTimeKeyRow,
  QueryLanguage,
  Runbook,
  RunbookQuery,
  ServerEvidence,
  StoredEvent,
} from './generated/model';

let isReady = false;

/**
 * The runbook's verdicts on a report, sharpened by what an administrator added to it.
 *
 * @throws an Error that says where, if the report cannot be read
 */
export function diagnoseReport(report: Report | string, evidence?: ServerEvidence): Analysis {
  if (!isReady) initSync({ module: bytesOf(wasm) });
  isReady = true;
  const text = typeof report === 'string' ? report : JSON.stringify(report);
  return JSON.parse(diagnose(text, evidence && JSON.stringify(evidence)));
}
