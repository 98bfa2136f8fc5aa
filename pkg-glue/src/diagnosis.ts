/**
 * For readers of reports: diagnoses and redacts them. The WebAssembly module is inlined here; an app that only gathers
 * evidence loads it when it is asked for a report, not at boot.
 */
import {
  diagnose,
  redact,
  readRefusal as wasmReadRefusal,
  redactSecrets as wasmRedactSecrets,
  requestPath as wasmRequestPath,
} from '../wasm/diagnosis/lotus_crypto_diag.js';
import { start } from './diagnosis-module';
import type { Analysis, Refusal, Report, ServerEvidence } from './generated/model';

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

const textOf = (report: Report | string) => (typeof report === 'string' ? report : JSON.stringify(report));

/**
 * The runbook's verdicts on a report, refined by the evidence that an administrator added.
 *
 * @throws an Error that names the position, if the report cannot be read
 */
export function diagnoseReport(report: Report | string, evidence?: ServerEvidence): Analysis {
  start();
  return JSON.parse(diagnose(textOf(report), evidence && JSON.stringify(evidence)));
}

/**
 * A copy of a report in which a placeholder replaces every id of a user, device, room, event or server, however it is
 * encoded; the same id gets the same placeholder everywhere. Public keys, ids of one-time keys and signatures stay;
 * `runbook` is `null`, and fields that this version does not know are left out. Names that are not ids (for example in
 * an error message) are not found: check the copy before you publish it.
 *
 * With `evidence`, ids that can only be recognised by the homeserver's rows and log lines are replaced, too.
 *
 * @throws an Error that says why, if the copy cannot be made
 */
export function redactedCopy(report: Report | string, evidence?: ServerEvidence): Report {
  start();
  return JSON.parse(redact(textOf(report), evidence && JSON.stringify(evidence)));
}

/**
 * The refused one-time key named in a homeserver's error, such as `One time key signed_curve25519:AAAAAAAAAA0 already
 * exists. Old key: …; new key: …`; `null` for any other text. In the result, a truncated key is `null`.
 *
 * @param httpStatus of the answer, if the text does not contain it
 */
export function readRefusal(text: string, httpStatus?: number): Refusal | null {
  start();
  return wasmReadRefusal(text, httpStatus);
}

/**
 * The path of a request to a homeserver in the form used in reports: from `/_matrix/` on, every id replaced by `{id}`.
 * `null` for a long poll, a download, or any other URL: their durations say nothing about the homeserver.
 *
 * @param url an address, or its path
 */
export function requestPath(url: string): string | null {
  start();
  return wasmRequestPath(url) ?? null;
}

/** Replaces access tokens, passwords, cookies and private keys with `[redacted]`. Public keys stay. */
export function redactSecrets(text: string): string {
  start();
  return wasmRedactSecrets(text);
}
