/**
 * What a report says: for whoever reads reports. The WebAssembly for it is inlined here; an app that only gathers
 * evidence loads it when it is asked for a report, not at boot.
 */
import {
  diagnose,
  requestPath as pathOf,
  readRefusal as readIt,
  redact,
  redactSecrets as withoutSecrets,
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
 * The runbook's verdicts on a report, sharpened by what an administrator added to it.
 *
 * @throws an Error that says where, if the report cannot be read
 */
export function diagnoseReport(report: Report | string, evidence?: ServerEvidence): Analysis {
  start();
  return JSON.parse(diagnose(textOf(report), evidence && JSON.stringify(evidence)));
}

/**
 * A copy of a report in which every id of a user, device, room, event or server is replaced by a word, the same id by the
 * same word everywhere, however it is encoded. Public keys, ids of one-time keys and signatures stay; `runbook` is `null`,
 * and fields that this version does not know are left out. A name that is no id (in the text of an error, say) is not
 * found: look the copy over before you publish it.
 *
 * With `evidence`, ids that only the homeserver's rows and log lines tell to be ids are replaced, too.
 *
 * @throws an Error that says why, if the copy cannot be made
 */
export function redactedCopy(report: Report | string, evidence?: ServerEvidence): Report {
  start();
  return JSON.parse(redact(textOf(report), evidence && JSON.stringify(evidence)));
}

/**
 * The refused one-time key of which an error of a homeserver tells, as in `One time key signed_curve25519:AAAAAAAAAA0
 * already exists. Old key: …; new key: …`; `null` for any other text. A key that was cut is `null`.
 *
 * @param httpStatus of the answer, where it does not stand in the text
 */
export function readRefusal(text: string, httpStatus?: number): Refusal | null {
  start();
  return readIt(text, httpStatus);
}

/**
 * The path of a request to a homeserver as it stands in a report: from `/_matrix/` on, every id replaced by `{id}`. `null`
 * for a long poll, a download, or anything else, as how long these take says nothing of the homeserver.
 *
 * @param url an address, or its path
 */
export function requestPath(url: string): string | null {
  start();
  return pathOf(url) ?? null;
}

/** A text without access tokens, passwords, cookies and private keys: `[redacted]` stands for each. Public keys stay. */
export function redactSecrets(text: string): string {
  start();
  return withoutSecrets(text);
}
