// Everything that was read, and what it says together.
import type { CryptoDiagReport } from 'lotus-crypto-diag';
import type {
  Analysis,
  diagnoseReport,
  HarRequest,
  LogLine,
  redactedCopy,
  ServerEvidence,
} from 'lotus-crypto-diag/diagnosis';

import type { CaseModel, ReportView, Series } from './protocol';
import type { Content, Rows } from './read/outcome';
import { isoOf } from './read/rows';
import type { Timed } from './read/timed';

type Diagnose = typeof diagnoseReport;
type Known = { content: Content; offsetMs: number };

/** How long before and after a report the server's log is of interest. */
const MARGIN_MS = 60 * 60_000;
/** So many requests are weighed with a report; of more, an even share. */
const MOST_WEIGHED = 50_000;
/** So many buckets of time has a plot; of each, the slowest and the first are drawn. */
const BUCKETS = 2000;

export class CaseFile {
  private readonly files = new Map<string, Known>();
  private readonly alone = new WeakMap<CryptoDiagReport, Analysis>();

  constructor(private readonly diagnose: Diagnose) {}

  /**
   * Takes what was read of a file.
   *
   * @throws an Error that says where, if a report of it is not as it should be
   */
  add(id: string, content: Content): void {
    for (const report of content.reports) this.alone.set(report, this.diagnose(report));
    content.reports = content.reports.map((report) => this.whole(report));
    const twin = content.reports.find((report) => this.has(report));
    if (twin) content.notes.push('A report of it is here already; it is shown once.');
    this.files.set(id, { content, offsetMs: 0 });
  }

  remove(id: string): void {
    this.files.delete(id);
  }

  /** @param minutes that the clock of the server's log is ahead of UTC */
  setOffset(id: string, minutes: number): void {
    const known = this.files.get(id);
    if (known) known.offsetMs = minutes * 60_000;
  }

  model(): CaseModel {
    const reports = [...this.shown()].map(([id, fileId, report]) => this.view(id, fileId, report));
    const contents = [...this.files.values()].map(({ content }) => content);
    const hasServerEvidence = contents.some(({ kind }) => kind !== 'report');
    return { reports, series: this.series(), hasServerEvidence };
  }

  /**
   * A copy of a report in which nobody is named. What the server's side says of its time tells more ids apart from words.
   *
   * @throws an Error that says why, if the copy cannot be made
   */
  redacted(id: string, copy: typeof redactedCopy): CryptoDiagReport {
    for (const [of, , report] of this.shown()) if (of === id) return copy(report, this.evidenceFor(report));
    throw new Error('the report is no longer here');
  }

  /** Each report once, however many files have it. */
  private *shown(): Generator<[id: string, fileId: string, report: CryptoDiagReport]> {
    const seen = new Set<string>();
    for (const [fileId, { content }] of this.files) {
      for (const [index, report] of content.reports.entries()) {
        if (seen.has(identityOf(report))) continue;
        seen.add(identityOf(report));
        yield [`${fileId}-${index}`, fileId, report];
      }
    }
  }

  private view(id: string, fileId: string, report: CryptoDiagReport): ReportView {
    const alone = this.alone.get(report) ?? this.diagnose(report);
    this.alone.set(report, alone);
    const server = this.evidenceFor(report);
    let analysis = alone;
    let problem: string | null = null;
    try {
      if (Object.keys(server).length > 0) analysis = this.diagnose(report, server);
    } catch (error) {
      // The report stands, whatever came with it.
      problem = error instanceof Error ? error.message : String(error);
    }
    const facts: Record<string, string> = {};
    const all = { ...report, server };
    for (const { entry, fact } of analysis.diagnosis.findings.flatMap(({ evidence }) => evidence)) {
      if (entry !== null || facts[fact] !== undefined) continue;
      const value = valueAt(all, fact);
      // A whole list, a log of 50,000 lines, is no line to show.
      if (value !== undefined && !Array.isArray(value)) facts[fact] = textOf(value);
    }
    return { id, fileId, report, alone, analysis, problem, facts };
  }

  /** What of the server's side may bear on a report: rows in full, log and HAR of its time. */
  private evidenceFor(report: CryptoDiagReport): ServerEvidence {
    const [from, to] = spanOf(report);
    const inSpan = ({ at }: { at: number }) => at >= from - MARGIN_MS && at <= to + MARGIN_MS;
    const evidence: ServerEvidence = {};
    const log: (LogLine & { at: number })[] = [];
    const har: HarRequest[] = [];
    for (const { content, offsetMs } of this.files.values()) {
      for (const table of Object.keys(content.rows) as (keyof Rows)[]) {
        evidence[table] ??= [];
        const all: unknown[] = evidence[table];
        for (const row of content.rows[table] ?? []) all.push(row);
      }
      const requests = shareOf(content.requests.map((request) => shifted(request, offsetMs)).filter(inSpan));
      if (content.kind === 'har') for (const request of requests) har.push(harRequestOf(request));
      if (content.kind === 'log') {
        for (const request of requests) log.push(logLineOf(request));
        for (const line of content.lines) log.push({ ...shifted(line, offsetMs), ts: isoOf(line.at - offsetMs) });
      }
    }
    const kinds = new Set([...this.files.values()].map(({ content }) => content.kind));
    if (kinds.has('log'))
      evidence.log = log
        .filter(inSpan)
        .sort((a, b) => a.at - b.at)
        .map(({ at: _, ...line }) => line);
    if (kinds.has('har')) evidence.har = har;
    return evidence;
  }

  private series(): Series[] {
    const byName = new Map<string, [at: number, durationMs: number][]>();
    const put = (name: string, points: [number, number][]) =>
      byName.set(name, [...(byName.get(name) ?? []), ...points]);
    for (const { content, offsetMs } of this.files.values()) {
      for (const { latency } of content.reports) {
        if (latency && latency.samples.length > 0)
          put(
            'Browser',
            latency.samples.map(({ ts, durationMs }) => [Date.parse(ts), durationMs]),
          );
      }
      const name = content.kind === 'har' ? 'HAR file' : 'Homeserver log';
      if (content.requests.length > 0)
        put(
          name,
          content.requests.map((r) => [r.at - offsetMs, r.durationMs]),
        );
    }
    return [...byName].map(([name, points]) => seriesOf(name, points));
  }

  /** An older report, or one of a page that saw little, may lack fields that a view counts on. */
  private whole(report: CryptoDiagReport): CryptoDiagReport {
    const blank = { latency: null, captureSession: null, tabs: null, diagnosis: null, runbook: null };
    const whole: CryptoDiagReport = {
      ...blank,
      ...report,
      notes: report.notes ?? [],
      blindSpots: report.blindSpots ?? [],
    };
    const alone = this.alone.get(report);
    if (alone) this.alone.set(whole, alone);
    return whole;
  }

  private has(report: CryptoDiagReport): boolean {
    const known = [...this.files.values()].flatMap(({ content }) => content.reports);
    return known.some((other) => identityOf(other) === identityOf(report));
  }
}

const identityOf = ({ generatedAt, capturingSince, userId, deviceId, counts }: CryptoDiagReport) =>
  JSON.stringify([generatedAt, capturingSince, userId, deviceId, counts]);

function spanOf(report: CryptoDiagReport): [from: number, to: number] {
  const times = [report.generatedAt, report.capturingSince ?? report.generatedAt];
  for (const { firstTs, lastTs } of report.entries) times.push(firstTs, lastTs);
  const ms = times.map((time) => Date.parse(time));
  return [ms.reduce((a, b) => Math.min(a, b)), ms.reduce((a, b) => Math.max(a, b))];
}

const shifted = <T extends { at: number }>(of: T, offsetMs: number): T =>
  offsetMs === 0 ? of : { ...of, at: of.at - offsetMs };

function shareOf(requests: Timed[]): Timed[] {
  const step = Math.ceil(requests.length / MOST_WEIGHED);
  return step <= 1
    ? requests
    : requests.filter(({ status }, index) => index % step === 0 || status === 0 || status >= 400);
}

const harRequestOf = ({ at, method, path, status, durationMs, refusal, errcode }: Timed): HarRequest => ({
  ts: isoOf(at),
  method,
  path,
  status,
  durationMs,
  refusal: refusal ?? null,
  errcode: errcode ?? null,
});

/** The line that ended the request: it stands in the log when the request was over. */
const logLineOf = ({ at, method, path, status, durationMs, request, text }: Timed): LogLine & { at: number } => ({
  at: at + durationMs,
  ts: isoOf(at + durationMs),
  method,
  path,
  status,
  durationMs,
  request: request ?? null,
  text: text ?? `${method} ${path} ${status} ${durationMs} ms`,
});

function seriesOf(name: string, points: [at: number, durationMs: number][]): Series {
  points.sort(([a], [b]) => a - b);
  const drawn = points.length <= 2 * BUCKETS ? points : thinned(points);
  return { name, at: drawn.map(([at]) => at), durationMs: drawn.map(([, durationMs]) => durationMs) };
}

function thinned(points: [number, number][]): [number, number][] {
  const first = points[0]?.[0] ?? 0;
  const width = ((points.at(-1)?.[0] ?? 0) - first) / BUCKETS || 1;
  const kept: [number, number][] = [];
  let bucket = -1;
  let slowest: [number, number] | undefined;
  for (const point of points) {
    const its = Math.floor((point[0] - first) / width);
    if (its !== bucket) {
      if (slowest) kept.push(slowest);
      bucket = its;
      slowest = undefined;
      kept.push(point);
    } else if (!slowest || point[1] > slowest[1]) slowest = point;
  }
  if (slowest) kept.push(slowest);
  return kept.sort(([a], [b]) => a - b);
}

/** `server.oneTimeKeys[3]`, `cryptoStore.verdict`: what stands at such a path. */
function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    const key = name ?? index ?? '';
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const MOST_SHOWN = 20_000;
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
