import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type { Analysis } from 'lotus-crypto-diag/diagnosis';
import type { DeviceTrouble, EvidenceKind, Survey, SurveyFormat } from 'lotus-crypto-diag/server-evidence';

/** What the page asks of the worker. */
export type Request =
  | { type: 'read'; files: { id: string; file: File }[] }
  /** The content of a file that the worker could not read; `null`: the page cannot read it either. */
  | { type: 'bytes'; id: string; bytes: ArrayBuffer | null }
  | { type: 'cancel'; id: string }
  | { type: 'remove'; id: string }
  | { type: 'offset'; id: string; minutes: number }
  /** Of the report with that id of its view. */
  | { type: 'redact'; id: string }
  | { type: 'export-survey'; id: string; format: SurveyFormat }
  | { type: 'devices'; query: SurveyQuery }
  /** Of the device with that key; of none, if it is empty. */
  | { type: 'story'; key: string };

/** What the worker tells the page. */
export type Told =
  /** The page must read this file for the worker. */
  | { type: 'unreadable'; id: string }
  | { type: 'progress'; id: string; bytes: number }
  | { type: 'file'; id: string; outcome: Outcome }
  | { type: 'case'; model: CaseModel }
  | { type: 'devices'; rows: SurveyRows }
  | { type: 'story'; story: DeviceTrouble | null }
  | { type: 'copy'; id: string; copy: Copy };

/** The copy of a report in which nobody is named, or the text of a survey; or why there is none. */
export type Copy = { state: 'made'; text: string } | { state: 'refused'; reason: string };

/** What became of a file. */
export type Outcome =
  | { state: 'read'; kind: EvidenceKind; summary: string; notes: string[] }
  | { state: 'refused'; reason: string }
  | { state: 'cancelled' };

/** One report, and what it says. */
export type ReportView = {
  /** Unique among the reports. */
  id: string;
  /** Of the file that it came from. */
  fileId: string;
  report: CryptoDiagReport;
  /** What it says by itself. */
  alone: Analysis;
  /** What it says together with the evidence of the server. */
  analysis: Analysis;
  /** For a person to read: why the evidence of the server could not be weighed. */
  problem: string | null;
  /** What the evidence refers to outside of the report: a row, a line of the log; by the path of the reference. */
  facts: Record<string, string>;
};

/** Points of a plot, in the order of time. */
export type Series = {
  name: string;
  /** Milliseconds since 1970. */
  at: number[];
  durationMs: number[];
};

export type SurveyOrder = 'worst' | 'user' | 'count' | 'first' | 'last';
/** Which devices of a survey are shown, and in which order. */
export type SurveyQuery = { user: string; order: SurveyOrder };
/** The worst first, of every user. */
export const WORST_FIRST: SurveyQuery = { user: '', order: 'worst' };

/** A device in trouble, without its story. */
export type SurveyRow = Pick<DeviceTrouble, 'userId' | 'deviceId' | 'firstTs' | 'lastTs' | 'goingOn'> & {
  key: string;
  /** Of its troubles. */
  names: string;
  count: number;
};
/** The first devices that were asked for, and how many there are of them. */
export type SurveyRows = { rows: SurveyRow[]; matching: number };
/** What a survey says but for the devices, and how many of these there are. */
export type SurveyFacts = Omit<Survey, 'devices'> & { total: number };

/** Everything that the files say together. */
export type CaseModel = {
  reports: ReportView[];
  series: Series[];
  /** Whether anything of the server's side is there. */
  hasServerEvidence: boolean;
  /** The devices in trouble, by the logs and tables; `null`: there are none of these. */
  survey: (SurveyFacts & SurveyRows) | null;
};

export const EMPTY_CASE: CaseModel = { reports: [], series: [], hasServerEvidence: false, survey: null };
