/**
 * Reads what an administrator adds to a report (the homeserver's log, a HAR file, database answers), and surveys the
 * devices in them. For a viewer of reports: the WebAssembly module is inlined here, and no app needs it.
 */
import {
  devicesAtRisk,
  initSync,
  type EvidenceFile as WasmFile,
  EvidenceFiles as WasmFiles,
  EvidenceReader as WasmReader,
} from '../wasm/viewer/lotus_crypto_diag.js';
import wasm from '../wasm/viewer/optimised.wasm';
import type { EvidenceContent, EvidenceKind } from './generated/evidence';
import type { Report, ServerEvidence, Survey } from './generated/model';
import { bytesOf } from './inlined';

export type { EvidenceContent, EvidenceKind, EvidenceRows, RelevantLine, TimedRequest } from './generated/evidence';
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
 * A SELECT that finds devices at risk without a log. It scans the table of devices once, and looks up at most 5000 of
 * them by the indexes of the other tables, at most 1000 rows each. Each row says how far the query looked.
 * `EvidenceReader` reads its output as psql or sqlite3 prints it.
 */
export function devicesAtRiskQuery(database: 'postgres' | 'sqlite'): string {
  start();
  return devicesAtRisk(database === 'sqlite');
}

/** The file contains nothing usable; `message` is for a person to read. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
}

/** A file that was read. Large data stays in the WebAssembly module. */
export interface EvidenceFile {
  readonly kind: EvidenceKind;
  /** Reports of clients, not validated: the diagnosis does that. */
  readonly reports: Report[];
  /** What was found, in one sentence, for a person to read. */
  readonly summary: string;
  /** What was left out, and why, for a person to read. */
  readonly notes: string[];
  /** Everything that was kept of the file, possibly large. Throws once the file was added to {@link EvidenceFiles}. */
  content(): EvidenceContent;
}

/** Files not yet added to {@link EvidenceFiles}. */
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

/** Reads one file, plain or gzipped. The content decides what it is, not the file name. */
export class EvidenceReader {
  private inner: WasmReader | undefined;

  constructor() {
    start();
    this.inner = new WasmReader();
  }

  /**
   * Reads the next bytes.
   *
   * @throws UnreadableFile if the file contains nothing usable
   */
  push(bytes: Uint8Array): void {
    this.guarded((reader) => reader.push(bytes));
  }

  /**
   * Ends the file.
   *
   * @throws UnreadableFile if the file contains nothing usable
   */
  finish(): EvidenceFile {
    const file = this.guarded((reader) => {
      // `finish` consumes the reader, even if it throws.
      this.inner = undefined;
      return reader.finish();
    });
    return fileOf(file);
  }

  /** Frees the memory of a file that is not read to its end. */
  free(): void {
    this.inner?.free();
    this.inner = undefined;
  }

  private guarded<T>(work: (reader: WasmReader) => T): T {
    if (!this.inner) throw new Error('the file was read to its end');
    try {
      return work(this.inner);
    } catch (error) {
      // Any other exception is a bug in this module.
      if (error instanceof Error && !(error instanceof WebAssembly.RuntimeError)) {
        throw new UnreadableFile(error.message);
      }
      throw error;
    }
  }
}

/** `redacted`: JSON with placeholders for every user and device. */
export type SurveyFormat = 'csv' | 'markdown' | 'redacted';

/** The files of a case, each under an id. */
export class EvidenceFiles {
  private readonly inner: WasmFiles;

  constructor() {
    start();
    this.inner = new WasmFiles();
  }

  /** Moves the file into this case: `content()` of `file` throws from now on. */
  add(id: string, file: EvidenceFile): void {
    const inner = innerOf(file);
    inners.delete(file);
    this.inner.add(id, inner);
  }

  remove(id: string): void {
    this.inner.remove(id);
  }

  /** @param minutes by which the clock of a homeserver's log is ahead of UTC */
  setOffset(id: string, minutes: number): void {
    this.inner.setOffset(id, minutes);
  }

  /**
   * The evidence for a report: all rows, and log lines and HAR requests of the report's time.
   *
   * @throws an Error that names the position, if the report cannot be read
   */
  evidenceFor(report: Report | string): ServerEvidence {
    const text = typeof report === 'string' ? report : JSON.stringify(report);
    const evidence: Record<string, unknown> = JSON.parse(this.inner.evidenceFor(text));
    // Absent instead of `null`: what was not looked for.
    return Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== null));
  }

  /** The devices in trouble according to logs and tables, worst first. */
  survey(): Survey {
    return JSON.parse(this.inner.survey());
  }

  /** The survey as text: for a spreadsheet, for a ticket, or as JSON without names. */
  surveyAs(format: SurveyFormat): string {
    return this.inner.surveyAs(format);
  }

  /** Alternating start (milliseconds since 1970) and duration of each request of a file. */
  timings(id: string): Float64Array {
    return this.inner.timings(id);
  }
}
