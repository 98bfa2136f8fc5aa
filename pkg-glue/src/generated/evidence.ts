// Written from the Rust model by `make bindings`.

import type {
  Coverage,
  DeviceAtRisk,
  DeviceInboxRow,
  DeviceRow,
  FallbackKeyRow,
  OneTimeKeyCount,
  OneTimeKeyRow,
  Refusal,
  Report,
  StoredEvent,
} from './model';

/**
 * What a file turned out to be.
 */
export type EvidenceKind = "report" | "har" | "log" | "rows";

/**
 * A request to the homeserver and how long it took, from a HAR file or the homeserver's log.
 */
export type TimedRequest = {
/**
 * Its start, in milliseconds since 1970.
 */
at: number,
/**
 * From its start to the end of the answer, in milliseconds.
 */
durationMs: number,
/**
 * HTTP method.
 */
method: string,
/**
 * The path from `/_matrix/` on, every id replaced by `{id}`, as in a report.
 */
path: string,
/**
 * HTTP status; 0 if no answer came.
 */
status: number,
/**
 * Synapse's name of the request: `POST-123`.
 */
request?: string,
/**
 * The line of the log, unless it is ordinary.
 */
text?: string,
/**
 * The refusal, if an upload of keys was refused.
 */
refusal?: Refusal,
/**
 * The Matrix error code, if an upload of keys failed otherwise.
 */
errcode?: string, };

/**
 * A line of the homeserver's log that says more than that a request ended.
 */
export type RelevantLine = {
/**
 * In milliseconds since 1970, by the log's clock.
 */
at: number,
/**
 * `INFO`, `WARNING`, …
 */
level: string | null,
/**
 * Synapse's name of the request: `POST-123`.
 */
request: string | null,
/**
 * The line.
 */
text: string, };

/**
 * Results of the runbook's queries, by table; a table that was not queried is absent.
 */
export type EvidenceRows = {
/**
 * Rows of `e2e_one_time_keys_json`.
 */
oneTimeKeys?: Array<OneTimeKeyRow>,
/**
 * How many one-time keys a device has.
 */
oneTimeKeyCounts?: Array<OneTimeKeyCount>,
/**
 * Rows of `e2e_fallback_keys_json`.
 */
fallbackKeys?: Array<FallbackKeyRow>,
/**
 * Rows of `device_inbox`.
 */
deviceInbox?: Array<DeviceInboxRow>,
/**
 * Rows of `devices`.
 */
devices?: Array<DeviceRow>,
/**
 * Events as the homeserver holds them.
 */
events?: Array<StoredEvent>,
/**
 * The result of the query for devices at risk.
 */
devicesAtRisk?: Array<DeviceAtRisk>,
/**
 * How far that query looked.
 */
coverage?: Coverage, };

/**
 * Everything that was kept of a file.
 */
export type EvidenceContent = {
/**
 * What the file turned out to be.
 */
kind: EvidenceKind,
/**
 * The reports, unchanged: the diagnosis validates them.
 */
reports: Array<Report>,
/**
 * Database rows, by table.
 */
rows: EvidenceRows,
/**
 * Requests of a HAR file, or of the homeserver's log.
 */
requests: Array<TimedRequest>,
/**
 * Lines of the homeserver's log that say more than that a request ended.
 */
lines: Array<RelevantLine>,
/**
 * What was found, in one sentence for the user.
 */
summary: string,
/**
 * What was left out and why, for the user.
 */
notes: Array<string>, };
