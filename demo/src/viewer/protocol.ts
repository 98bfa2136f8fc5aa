import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type { Analysis } from 'lotus-crypto-diag/diagnosis';
import type { DeviceTrouble, EvidenceKind, Survey, SurveyFormat } from 'lotus-crypto-diag/server-evidence';

/** Messages from the page to the worker. */
export type WorkerRequest =
  | { type: 'read'; files: { id: string; file: File }[] }
  /** The content of a file that the worker could not read; `null`: the page could not read it either. */
  | { type: 'bytes'; id: string; bytes: ArrayBuffer | null }
  | { type: 'cancel'; id: string }
  | { type: 'remove'; id: string }
  | { type: 'offset'; id: string; minutes: number }
  /** `id` of the report's view. */
  | { type: 'redact'; id: string }
  | { type: 'export-survey'; id: string; format: SurveyFormat }
  | { type: 'devices'; query: SurveyQuery }
  /** `key` of the device; empty: no device. */
  | { type: 'story'; key: string };

/** Messages from the worker to the page. */
export type WorkerMessage =
  /** The page must read this file for the worker. */
  | { type: 'unreadable'; id: string }
  | { type: 'progress'; id: string; bytes: number }
  | { type: 'file'; id: string; outcome: Outcome }
  | { type: 'case'; model: CaseModel }
  | { type: 'devices'; rows: SurveyRows }
  | { type: 'story'; story: DeviceTrouble | null }
  | { type: 'copy'; id: string; copy: Copy };

/** A redacted report or a survey as text; or the reason why there is none. */
export type Copy = { state: 'made'; text: string } | { state: 'refused'; reason: string };

/** The result of reading a file. */
export type Outcome =
  | { state: 'read'; kind: EvidenceKind; summary: string; notes: string[] }
  | { state: 'refused'; reason: string }
  | { state: 'cancelled' };

/** A report with its diagnoses. */
export type ReportView = {
  /** Unique among the reports. */
  id: string;
  /** The file that contains the report. */
  fileId: string;
  report: CryptoDiagReport;
  /** The diagnosis of the report alone. */
  reportAnalysis: Analysis;
  /** The diagnosis together with the server's evidence. */
  analysis: Analysis;
  /** Why the server's evidence could not be used, for a person to read. */
  problem: string | null;
  /** Rows and log lines outside the report that the evidence refers to, by the path of the reference. */
  facts: Record<string, string>;
};

/** Points of a plot in chronological order. */
export type Series = {
  name: string;
  /** Milliseconds since 1970. */
  at: number[];
  durationMs: number[];
};

export type SurveyOrder = 'worst' | 'user' | 'count' | 'first' | 'last';
/** Which devices of a survey are shown, and in which order. */
export type SurveyQuery = { user: string; order: SurveyOrder };
/** All users, worst first. */
export const WORST_FIRST: SurveyQuery = { user: '', order: 'worst' };

/** A device in trouble, without its story. */
export type SurveyRow = Pick<DeviceTrouble, 'userId' | 'deviceId' | 'firstTs' | 'lastTs' | 'goingOn'> & {
  key: string;
  /** The names of its troubles. */
  names: string;
  count: number;
};
/** The first devices that match, and how many match. */
export type SurveyRows = { rows: SurveyRow[]; matching: number };
/** A survey with the number of its devices instead of the devices. */
export type SurveyFacts = Omit<Survey, 'devices'> & { total: number };

/** Everything that the files say together. */
export type CaseModel = {
  reports: ReportView[];
  series: Series[];
  /** Whether any file has the server's evidence. */
  hasServerEvidence: boolean;
  /** The devices in trouble, according to logs and tables; `null`: there are none of these files. */
  survey: (SurveyFacts & SurveyRows) | null;
};

export const EMPTY_CASE: CaseModel = { reports: [], series: [], hasServerEvidence: false, survey: null };
