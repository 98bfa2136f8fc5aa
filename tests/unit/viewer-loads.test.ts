// Reports with earlier page loads: on the time line, and in the summary for a ticket.
import fc from 'fast-check';
import type { CryptoDiagEntry, CryptoDiagReport, EarlierPage } from 'lotus-crypto-diag';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';
import { describe, expect, test } from 'vitest';

import { CaseFile } from '../../demo/src/viewer/case-file';
import { fullRange, lanesOf, momentsOf } from '../../demo/src/viewer/episodes';
import { loadsOf, loadWords, reachWords, validPages } from '../../demo/src/viewer/loads';
import { markdownOf } from '../../demo/src/viewer/markdown';
import { readFile } from '../../demo/src/viewer/read/read-file';
import { scaleOf } from '../../demo/src/viewer/scale';

const at = (day: number, hour: number) => new Date(Date.UTC(2026, 10, day, hour)).toISOString();

const missing = (time: string): CryptoDiagEntry => ({
  ts: time,
  firstTs: time,
  lastTs: time,
  level: 'error',
  ke: 'KE-2',
  signature: 'MissingKey',
  message: 'MissingKey: missing key at index 0 for participant @bo:hs.example:BODEVICE',
  truncated: false,
  source: 'frame:/element-call/index.html',
  count: 1,
  detail: { kind: 'missing-key', participant: '@bo:hs.example:BODEVICE', index: 0 },
});

const page = (began: string, last: string, more: Partial<EarlierPage> = {}): EarlierPage =>
  ({ beganAt: began, lastSeenAt: last, end: 'reloaded', entries: [], ...more }) as EarlierPage;

const report = (earlier: EarlierPage[], more: object = {}) =>
  ({
    schema: 'lotus-crypto-diag/1',
    generatedAt: at(25, 10),
    capturingSince: at(25, 9),
    counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 },
    entries: [],
    userId: '@alice:example.org',
    deviceId: 'DEVICEID',
    earlier,
    ...more,
  }) as unknown as CryptoDiagReport;

const never = new AbortController().signal;
const modelOf = async (...reports: CryptoDiagReport[]) => {
  const file = new CaseFile(diagnoseReport);
  for (const [index, one] of reports.entries()) {
    file.add(`f${index}`, await readFile(new Blob([JSON.stringify(one)]), never));
  }
  return file.model();
};

describe('earlier loads of the page', () => {
  test('have each line and mark once on the time line', async () => {
    const marks = [{ ts: at(23, 8), kind: 'sound-cut' }];
    const session = { startedAt: at(23, 8), stoppedAt: null, marks };
    const old = page(at(23, 8), at(23, 9), { entries: [missing(at(23, 8))], captureSession: session as never });
    const yesterdays = report([], { generatedAt: at(23, 9), capturingSince: at(23, 8), entries: [missing(at(23, 8))] });
    const { reports } = await modelOf(report([old]), yesterdays);
    expect(lanesOf(reports).map(({ placed }) => placed.map(({ place }) => place))).toEqual([['earlier[0].entries[0]']]);
    expect(momentsOf(reports).map(({ label }) => label)).toEqual(['Sound cut out']);
  });

  test('lines of an open tab that are also stored are shown once', () => {
    const open = page(at(25, 8), at(25, 10), { end: 'open', entries: [missing(at(25, 9))] });
    const tabs = { tabs: [{ id: 'abcdef', thisTab: false, entries: [missing(at(25, 9))] }] };
    const lanes = lanesOf([{ id: 'a', report: report([open], { tabs }) }]);
    expect(lanes.map(({ placed }) => placed.map(({ place }) => place))).toEqual([['tabs.tabs[0].entries[0]']]);
  });

  test('each load is shown once with its span and end, also if two reports contain it', () => {
    const first = page(at(23, 8), at(23, 9), { end: 'crashed' });
    const sources = [
      { id: 'a', report: report([], { generatedAt: at(23, 9), capturingSince: at(23, 8) }) },
      { id: 'b', report: report([first]) },
    ];
    const hours = (ms: number) => new Date(ms).toISOString();
    expect(loadsOf(sources).map(({ from, to, end }) => [hours(from), hours(to), end])).toEqual([
      [at(23, 8), at(23, 9), 'crashed'],
      [at(25, 9), at(25, 10), null],
    ]);
    expect(reachWords(report([first]))).toBe('Since 2026-11-23 08:00:00 UTC, in 2 page loads.');
  });

  test('a report without the field `earlier` can be read', async () => {
    const { earlier: _, ...old } = report([], { entries: [missing(at(25, 9))] });
    const model = await modelOf(old as CryptoDiagReport);
    const [view] = model.reports;
    expect(view?.report.earlier).toEqual([]);
    expect(loadsOf(view ? [view] : [])).toEqual([]);
    expect(markdownOf(model)).not.toContain('Page loads');
  });

  test('malformed pages and entries are left out', () => {
    const good = missing(at(23, 8));
    const bad = { end: 'toString', entries: [null, 'a line', { message: 'only words' }, good] };
    const shapes = { cryptoStore: 'x', captureSession: { marks: 7 } };
    const pages = validPages([
      null,
      'a page',
      { beganAt: 'no time', lastSeenAt: at(23, 9) },
      { ...page(at(23, 8), at(23, 9)), entries: 'none' },
      page(at(23, 8), at(23, 9), { ...bad, ...shapes } as never),
    ]);
    expect(pages.map(({ end, entries }) => [end, entries])).toEqual([['unknown', [good]]]);
    const sources = [{ id: 'a', report: report(pages) }];
    expect(lanesOf(sources).flatMap(({ placed }) => placed.map(({ place }) => place))).toEqual([
      'earlier[0].entries[0]',
    ]);
    expect(momentsOf(sources)).toEqual([]);
    expect(loadsOf(sources).map(loadWords)[0]).toContain('end not known');
    expect([validPages(null), validPages('earlier')]).toEqual([[], []]);
  });

  test('are listed in the Markdown summary, with the place of their lines', async () => {
    const text = markdownOf(
      await modelOf(report([page(at(23, 8), at(23, 9), { end: 'discarded', entries: [missing(at(23, 8))] })])),
    );
    expect(text).toContain('## Page loads');
    expect(text).toContain('| discarded by the browser |');
    expect(text).toContain('Since 2026-11-23 08:00:00 UTC, in 2 page loads.');
    expect(text).toContain('` earlier[0].entries[0] `');
  });
});

describe('the scale of the time line', () => {
  const span = fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 1e7 }));

  test('is monotonic and stays within its range', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 20 }), fc.array(fc.integer({ min: 0, max: 1e9 })), (spans, moments) => {
        const shown = spans.map(([from, length]) => ({ from, to: from + length }));
        const { place, breaks, ticks } = scaleOf({ from: 0, to: 1e9 }, shown);
        const places = [0, ...moments, 1e9].sort((a, b) => a - b).map(place);
        for (const [index, one] of places.entries()) {
          expect(one).toBeGreaterThanOrEqual((places[index - 1] ?? 0) - 1e-9);
          expect(one).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(place(1e9)).toBeCloseTo(1);
        expect(breaks.length).toBeLessThanOrEqual(12);
        expect(ticks.length).toBeLessThanOrEqual(20);
        for (const tick of ticks) expect(breaks.some(({ from, to }) => tick > from && tick < to)).toBe(false);
      }),
    );
  });

  test('shortens a day between two loads of a minute', () => {
    const [minute, day] = [60_000, 86_400_000];
    const loads = [
      { from: 0, to: minute },
      { from: day, to: day + minute },
    ];
    const { place, breaks } = scaleOf({ from: 0, to: day + minute }, loads);
    expect(breaks).toMatchObject([{ from: minute, to: day }]);
    expect(place(minute)).toBeCloseTo(0.485);
    expect(place(day)).toBeCloseTo(0.515);
  });

  test('shortens a break of a minute as well as one of a day', () => {
    const [second, minute, day] = [1000, 60_000, 86_400_000];
    const loads = [0, minute, day].map((from) => ({ from, to: from + 10 * second }));
    const { breaks, labelled } = scaleOf({ from: 0, to: day + 10 * second }, loads);
    expect(breaks.map(({ from, to }) => [from, to])).toEqual([
      [10 * second, minute],
      [minute + 10 * second, day],
    ]);
    expect(labelled).toEqual([0, minute, day]);
  });

  test('is linear without loads', () => {
    expect(scaleOf({ from: 0, to: 100 }, []).place(25)).toBe(0.25);
  });

  test('the whole range includes the loads', () => {
    const earlier = [page(at(23, 8), at(23, 9), { entries: [missing(at(23, 8))] })];
    const sources = [{ id: 'a', report: report(earlier) }];
    const whole = fullRange(lanesOf(sources), [], loadsOf(sources));
    expect(whole?.from).toBeLessThan(Date.parse(at(23, 8)));
    expect(whole?.to).toBeGreaterThan(Date.parse(at(25, 10)));
  });
});
