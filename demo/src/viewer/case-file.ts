// All files that were read, and what they say together.
import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type { Analysis, diagnoseReport, redactedCopy, ServerEvidence } from 'lotus-crypto-diag/diagnosis';
import {
  type DeviceTrouble,
  type EvidenceFile,
  EvidenceFiles,
  type EvidenceKind,
  type SurveyFormat,
} from 'lotus-crypto-diag/server-evidence';

import { validPages } from './loads';
import {
  type CaseModel,
  type ReportView,
  type Series,
  type SurveyQuery,
  type SurveyRows,
  WORST_FIRST,
} from './protocol';
import { SurveyPages } from './survey-pages';

type Diagnose = typeof diagnoseReport;
type AddedFile = { kind: EvidenceKind; reports: CryptoDiagReport[] };

/** The number of time buckets in a plot, about one a pixel; of each bucket, the slowest and the first request are drawn. */
const BUCKETS = 1000;

export class CaseFile {
  private readonly files = new Map<string, AddedFile>();
  private readonly evidence = new EvidenceFiles();
  private survey: SurveyPages | null = null;
  private query: SurveyQuery = WORST_FIRST;
  private storyKey = '';
  private readonly reportAnalyses = new WeakMap<CryptoDiagReport, Analysis>();

  constructor(private readonly diagnose: Diagnose) {}

  /**
   * Adds a file. Returns additional notes on it.
   *
   * @throws an Error that names the position, if one of its reports is invalid
   */
  add(id: string, file: EvidenceFile): string[] {
    for (const report of file.reports) this.reportAnalyses.set(report, this.diagnose(report));
    const reports = file.reports.map((report) => this.withDefaults(report));
    const isDuplicate = reports.some((report) => this.has(report));
    this.files.set(id, { kind: file.kind, reports });
    this.evidence.add(id, file);
    return isDuplicate ? ['This report was added before; it is shown once.'] : [];
  }

  remove(id: string): void {
    this.files.delete(id);
    this.evidence.remove(id);
  }

  /** @param minutes by which the clock of the server's log is ahead of UTC */
  setOffset(id: string, minutes: number): void {
    this.evidence.setOffset(id, minutes);
  }

  model(): CaseModel {
    const reports = [...this.uniqueReports()].map(([id, fileId, report]) => this.view(id, fileId, report));
    const kinds = [...this.files.values()].map(({ kind }) => kind);
    const hasServerEvidence = kinds.some((kind) => kind !== 'report');
    const hasSurvey = kinds.some((kind) => kind === 'log' || kind === 'rows');
    this.survey = hasSurvey ? new SurveyPages(this.evidence.survey()) : null;
    const survey = this.survey && { ...this.survey.facts(), ...this.survey.rows(this.query) };
    return { reports, series: this.series(), hasServerEvidence, survey };
  }

  /** The first devices that match `query`. Later models use the same query, until the next call. */
  devices(query: SurveyQuery): SurveyRows {
    this.query = query;
    return this.survey?.rows(query) ?? { rows: [], matching: 0 };
  }

  /** What happened to a device, according to the files read so far. Without `key`, the same device as before. */
  story(key = this.storyKey): DeviceTrouble | null {
    this.storyKey = key;
    return this.survey?.story(key) ?? null;
  }

  surveyAs(format: SurveyFormat): string {
    return this.evidence.surveyAs(format);
  }

  /**
   * A copy of a report with placeholders for every name. With the server's evidence, more ids are recognised.
   *
   * @throws an Error that says why, if the copy cannot be made
   */
  redacted(id: string, copy: typeof redactedCopy): CryptoDiagReport {
    for (const [viewId, , report] of this.uniqueReports())
      if (viewId === id) return copy(report, this.evidenceFor(report));
    throw new Error('the report is no longer here');
  }

  /** Each report once, even if several files contain it. */
  private *uniqueReports(): Generator<[id: string, fileId: string, report: CryptoDiagReport]> {
    const seen = new Set<string>();
    for (const [fileId, { reports }] of this.files) {
      for (const [index, report] of reports.entries()) {
        if (seen.has(identityOf(report))) continue;
        seen.add(identityOf(report));
        yield [`${fileId}-${index}`, fileId, report];
      }
    }
  }

  private view(id: string, fileId: string, report: CryptoDiagReport): ReportView {
    const reportAnalysis = this.reportAnalyses.get(report) ?? this.diagnose(report);
    this.reportAnalyses.set(report, reportAnalysis);
    const server = this.evidenceFor(report);
    let analysis = reportAnalysis;
    let problem: string | null = null;
    try {
      if (Object.keys(server).length > 0) analysis = this.diagnose(report, server);
    } catch (error) {
      // The report is shown even if the server's evidence cannot be used.
      problem = error instanceof Error ? error.message : String(error);
    }
    const facts: Record<string, string> = {};
    const all = { ...report, server };
    for (const { entry, fact } of analysis.diagnosis.findings.flatMap(({ evidence }) => evidence)) {
      if (entry !== null || facts[fact] !== undefined) continue;
      const value = valueAt(all, fact);
      // A whole list, such as a log of 50,000 lines, cannot be shown as one line.
      if (value !== undefined && !Array.isArray(value)) facts[fact] = textOf(value);
    }
    return { id, fileId, report, reportAnalysis, analysis, problem, facts };
  }

  private evidenceFor(report: CryptoDiagReport): ServerEvidence {
    return this.evidence.evidenceFor(report);
  }

  private series(): Series[] {
    const byName = new Map<string, [at: number, durationMs: number][]>();
    const addPoints = (name: string, points: [number, number][]) =>
      byName.set(name, [...(byName.get(name) ?? []), ...points]);
    for (const [id, { kind, reports }] of this.files) {
      for (const { latency } of reports) {
        if (latency && latency.samples.length > 0)
          addPoints(
            'Browser',
            latency.samples.map(({ ts, durationMs }) => [Date.parse(ts), durationMs]),
          );
      }
      const timings = this.evidence.timings(id);
      const points: [number, number][] = [];
      for (let at = 0; at + 1 < timings.length; at += 2) points.push([timings[at] ?? 0, timings[at + 1] ?? 0]);
      if (points.length > 0) addPoints(kind === 'har' ? 'HAR file' : 'Homeserver log', points);
    }
    return [...byName].map(([name, points]) => seriesOf(name, points));
  }

  /** Fills in fields that the views need: an older report, or one of a page that saw little, may lack them. */
  private withDefaults(report: CryptoDiagReport): CryptoDiagReport {
    const blank = { latency: null, captureSession: null, tabs: null, diagnosis: null, runbook: null };
    const completed: CryptoDiagReport = {
      ...blank,
      ...report,
      earlier: validPages(report.earlier),
      notes: report.notes ?? [],
      blindSpots: report.blindSpots ?? [],
    };
    const reportAnalysis = this.reportAnalyses.get(report);
    if (reportAnalysis) this.reportAnalyses.set(completed, reportAnalysis);
    return completed;
  }

  private has(report: CryptoDiagReport): boolean {
    const reports = [...this.files.values()].flatMap(({ reports }) => reports);
    return reports.some((other) => identityOf(other) === identityOf(report));
  }
}

const identityOf = ({ generatedAt, capturingSince, userId, deviceId, counts }: CryptoDiagReport) =>
  JSON.stringify([generatedAt, capturingSince, userId, deviceId, counts]);

function seriesOf(name: string, points: [at: number, durationMs: number][]): Series {
  points.sort(([a], [b]) => a - b);
  const drawn = points.length <= 2 * BUCKETS ? points : thinned(points);
  return { name, at: drawn.map(([at]) => at), durationMs: drawn.map(([, durationMs]) => durationMs) };
}

function thinned(points: [number, number][]): [number, number][] {
  const first = points[0]?.[0] ?? 0;
  const width = ((points.at(-1)?.[0] ?? 0) - first) / BUCKETS || 1;
  const result: [number, number][] = [];
  let bucket = -1;
  let slowest: [number, number] | undefined;
  for (const point of points) {
    const pointBucket = Math.floor((point[0] - first) / width);
    if (pointBucket !== bucket) {
      if (slowest) result.push(slowest);
      bucket = pointBucket;
      slowest = undefined;
      result.push(point);
    } else if (!slowest || point[1] > slowest[1]) slowest = point;
  }
  if (slowest) result.push(slowest);
  return result.sort(([a], [b]) => a - b);
}

/** The value at a path such as `server.oneTimeKeys[3]` or `cryptoStore.verdict`. */
function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    const key = name ?? index ?? '';
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const MAX_SHOWN = 20_000;
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
