/**
 * What an administrator adds to a report, read: the homeserver's log, a HAR file, answers of the database; and a survey of the
 * devices in them. For a viewer of reports: the WebAssembly for it is inlined here, and no app needs it.
 */
import {
  devicesAtRisk,
  initSync,
  type EvidenceFile as WasmFile,
  EvidenceFiles as WasmFiles,
  EvidenceReader as WasmReader,
} from '../wasm/viewer/lotus_crypto_diag.js';
import wasm from '../wasm/viewer/optimised.wasm';
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
  ServerEvidence,
  StoredEvent,
  Survey,
} from './generated/model';
import { bytesOf } from './inlined';

export type {
  Coverage,
  DeviceAtRisk,
  DeviceTrouble,
  HourCount,
  NamedBy,
  RefusalCause,
  RefusedId,
  Skipped,
  SlowEndpoint,
  StatusCount,
  Survey,
  SurveyHour,
  Trouble,
  TroubleKind,
} from './generated/model';

let isReady = false;

function start(): void {
  if (!isReady) initSync({ module: bytesOf(wasm) });
  isReady = true;
}

/**
 * One SELECT that finds devices at risk without a log. It passes once over the table of devices, and looks at most 5000 of
 * them up by the indexes of the other tables, at most 1000 rows of each. Each row says how far it looked. Its answer, as psql or sqlite3 prints it, is a file that is read here.
 */
export function devicesAtRiskQuery(database: 'postgres' | 'sqlite'): string {
  start();
  return devicesAtRisk(database === 'sqlite');
}

/** A file that says nothing here; `message` is for a person to read. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
}

/** What a file turned out to be. */
export type EvidenceKind = 'report' | 'har' | 'log' | 'rows';

/** A request to the homeserver, as a HAR file or the homeserver's own log tells of it. */
export interface TimedRequest {
  /** Its start, in milliseconds since 1970. */
  at: number;
  durationMs: number;
  method: string;
  /** As in a report: from `/_matrix/` on, every id in it replaced by `{id}`. */
  path: string;
  /** HTTP status; 0: no answer came. */
  status: number;
  /** The homeserver's name for it: `POST-123`. */
  request?: string;
  /** The line of the log, where it is more than ordinary. */
  text?: string;
  /** Of a refused upload of keys. */
  refusal?: Refusal;
  /** Of an upload of keys that failed otherwise. */
  errcode?: string;
}

/** A line of the homeserver's log that says more than that a request ended. */
export interface TellingLine {
  /** In milliseconds since 1970, by the log's clock. */
  at: number;
  level: string | null;
  request: string | null;
  text: string;
}

/** Answers of the runbook's queries, by table. */
export interface EvidenceRows {
  oneTimeKeys?: OneTimeKeyRow[];
  oneTimeKeyCounts?: OneTimeKeyCount[];
  fallbackKeys?: FallbackKeyRow[];
  deviceInbox?: DeviceInboxRow[];
  devices?: DeviceRow[];
  events?: StoredEvent[];
  devicesAtRisk?: DeviceAtRisk[];
  /** How far the query for devices at risk looked. */
  coverage?: Coverage;
}

/** Everything that was kept of a file. */
export interface EvidenceContent {
  kind: EvidenceKind;
  reports: Report[];
  rows: EvidenceRows;
  requests: TimedRequest[];
  lines: TellingLine[];
  summary: string;
  notes: string[];
}

/** What is in a file. What is large stays in the WebAssembly. */
export interface EvidenceFile {
  readonly kind: EvidenceKind;
  /** Reports of clients. Whether they are as they should be is for the diagnosis to say. */
  readonly reports: Report[];
  /** For a person to read: what was found, in one sentence. */
  readonly summary: string;
  /** For a person to read: what was left out, and why. */
  readonly notes: string[];
  /** Everything that was kept of it, which may be much. Not once it was added to {@link EvidenceFiles}. */
  content(): EvidenceContent;
}

/** The files that belong to nobody yet. */
const inners = new WeakMap<EvidenceFile, WasmFile>();

function fileOf(inner: WasmFile): EvidenceFile {
  const file: EvidenceFile = {
    kind: inner.kind as EvidenceKind,
    reports: inner.reports.map((text) => JSON.parse(text)),
    summary: inner.summary,
    notes: inner.notes,
    content: () => JSON.parse(innerOf(file).content()),
  };
  inners.set(file, inner);
  return file;
}

function innerOf(file: EvidenceFile): WasmFile {
  const inner = inners.get(file);
  if (!inner) throw new Error('the file belongs to a case already');
  return inner;
}

/** Reads one file, plain or packed with gzip, whatever it is: what counts is what is in it, not what it is called. */
export class EvidenceReader {
  private inner: WasmReader | undefined;

  constructor() {
    start();
    this.inner = new WasmReader();
  }

  /**
   * Takes the next bytes.
   *
   * @throws UnreadableFile where the file says nothing here
   */
  push(bytes: Uint8Array): void {
    this.guarded((reader) => reader.push(bytes));
  }

  /**
   * The end of the file.
   *
   * @throws UnreadableFile where the file says nothing here
   */
  finish(): EvidenceFile {
    const file = this.guarded((reader) => {
      // It is used up, whether it throws or not.
      this.inner = undefined;
      return reader.finish();
    });
    return fileOf(file);
  }

  /** Gives back the memory of a file that is not read to its end. */
  free(): void {
    this.inner?.free();
    this.inner = undefined;
  }

  private guarded<T>(work: (reader: WasmReader) => T): T {
    if (!this.inner) throw new Error('the file was read to its end');
    try {
      return work(this.inner);
    } catch (error) {
      // Anything else is a fault of this module.
      if (error instanceof Error && !(error instanceof WebAssembly.RuntimeError)) {
        throw new UnreadableFile(error.message);
      }
      throw error;
    }
  }
}

/** `redacted`: JSON in which every user and device is replaced by a word. */
export type SurveyFormat = 'csv' | 'markdown' | 'redacted';

/** The files of a case, each under an id. */
export class EvidenceFiles {
  private readonly inner: WasmFiles;

  constructor() {
    start();
    this.inner = new WasmFiles();
  }

  /** The file belongs to this from now on. */
  add(id: string, file: EvidenceFile): void {
    const inner = innerOf(file);
    inners.delete(file);
    this.inner.add(id, inner);
  }

  remove(id: string): void {
    this.inner.remove(id);
  }

  /** @param minutes that the clock of a homeserver's log is ahead of UTC */
  setOffset(id: string, minutes: number): void {
    this.inner.setOffset(id, minutes);
  }

  /**
   * What bears on a report: rows in full, log and HAR of its time.
   *
   * @throws an Error that says where, if the report cannot be read
   */
  evidenceFor(report: Report | string): ServerEvidence {
    const text = typeof report === 'string' ? report : JSON.stringify(report);
    const evidence: Record<string, unknown> = JSON.parse(this.inner.evidenceFor(text));
    // What was not asked for is not there.
    return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== null));
  }

  /** The devices in trouble, worst first, by the logs and tables. */
  survey(): Survey {
    return JSON.parse(this.inner.survey());
  }

  /** The survey as text: for a table program, for a ticket, or as JSON in which nobody is named. */
  surveyAs(format: SurveyFormat): string {
    return this.inner.surveyAs(format);
  }

  /** When each request of a file began, in milliseconds since 1970, and how long it took: one after the other. */
  timings(id: string): Float64Array {
    return this.inner.timings(id);
  }
}
