import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type { Analysis } from 'lotus-crypto-diag/diagnosis';
import type { EvidenceKind, Survey, SurveyFormat } from 'lotus-crypto-diag/server-evidence';

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
  | { type: 'export-survey'; id: string; format: SurveyFormat };

/** What the worker tells the page. */
export type Told =
  /** The page must read this file for the worker. */
  | { type: 'unreadable'; id: string }
  | { type: 'progress'; id: string; bytes: number }
  | { type: 'file'; id: string; outcome: Outcome }
  | { type: 'case'; model: CaseModel }
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

/** Everything that the files say together. */
export type CaseModel = {
  reports: ReportView[];
  series: Series[];
  /** Whether anything of the server's side is there. */
  hasServerEvidence: boolean;
  /** The devices in trouble, by the logs and tables; `null`: there are none of these. */
  survey: Survey | null;
};

export const EMPTY_CASE: CaseModel = { reports: [], series: [], hasServerEvidence: false, survey: null };
