import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import type { CryptoDiagEntry, CryptoDiagReport } from 'lotus-crypto-diag';
import { diagnoseReport, redactedCopy } from 'lotus-crypto-diag/diagnosis';
import { describe, expect, test } from 'vitest';

import { CaseFile } from '../../demo/src/viewer/case-file';
import { episodesOf, lanesOf, momentsOf, ticksOf } from '../../demo/src/viewer/episodes';
import { code, inline, markdownOf } from '../../demo/src/viewer/markdown';
import { readFile } from '../../demo/src/viewer/read/read-file';
import { duration, visible } from '../../demo/src/viewer/words';

const KEY = '8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs';
const OTHER_KEY = '3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08';

const refused = (more: Partial<CryptoDiagEntry> = {}): CryptoDiagEntry => ({
  ts: '2026-11-25T09:00:00.000Z',
  firstTs: '2026-11-25T09:00:00.000Z',
  lastTs: '2026-11-25T09:05:00.000Z',
  level: 'error',
  ke: 'KE-1',
  signature: 'already exists',
  message: `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"${KEY}"}; new key: {'key': '${OTHER_KEY}'} (https://hs.example.org/_matrix/client/v3/keys/upload) of DEVICEID`,
  truncated: false,
  source: 'window',
  count: 300,
  detail: {
    kind: 'refusal',
    keyId: 'signed_curve25519:AAAAAAAAAA0',
    oldKey: KEY,
    newKey: OTHER_KEY,
    deviceId: null,
    httpStatus: 400,
  },
  ...more,
});

const reportWith = (entries: CryptoDiagEntry[], more: object = {}) =>
  ({
    schema: 'lotus-crypto-diag/1',
    generatedAt: '2026-11-25T10:00:00.000Z',
    capturingSince: '2026-11-25T08:00:00.000Z',
    counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 },
    entries,
    userId: '@alice:example.org',
    deviceId: 'DEVICEID',
    earlier: [],
    ...more,
  }) as unknown as CryptoDiagReport;

const never = new AbortController().signal;
const read = (text: string) => readFile(new Blob([text]), never);

describe('the time line', () => {
  test('an episode ends with a pause, and repeated lines extend it', () => {
    const [lane] = lanesOf([
      {
        id: 'a',
        report: reportWith([
          refused(),
          refused({ message: 'x', firstTs: '2026-11-25T09:05:30.000Z', lastTs: '2026-11-25T09:05:30.000Z', count: 1 }),
          refused({ message: 'y', firstTs: '2026-11-25T09:20:00.000Z', lastTs: '2026-11-25T09:20:00.000Z', count: 1 }),
        ]),
      },
    ]);
    const episodes = lane ? episodesOf(lane, 60_000) : [];
    expect(episodes.map(({ lines, from, to, isDense }) => [lines, to - from, isDense])).toEqual([
      [301, 330_000, true],
      [1, 0, false],
    ]);
  });

  test('media keys that arrived are an ordinary episode', () => {
    const opened = refused({ ke: 'KE-2', detail: { kind: 'to-device-opened', sender: '@b:c' } });
    const [lane] = lanesOf([{ id: 'a', report: reportWith([opened]) }]);
    expect(lane && episodesOf(lane, 1000)[0]?.isOrdinary).toBe(true);
  });

  test('another tab has its own lane', () => {
    const tab = { id: 'abcdef', thisTab: false, entries: [refused()] };
    const lanes = lanesOf([{ id: 'a', report: reportWith([refused()], { tabs: { tabs: [tab] } }) }]);
    expect(lanes.map(({ owner }) => owner.label)).toEqual([
      '@alice:example.org DEVICEID',
      '@alice:example.org DEVICEID, tab abcd',
    ]);
  });

  test('a lost connection is one moment, not called a lost store', () => {
    const cryptoStore = { verdict: 'connection-lost', loss: { firstTs: '2026-11-25T09:00:00.000Z' } };
    const moments = momentsOf([{ id: 'a', report: reportWith([], { cryptoStore }) }]);
    expect(moments.map(({ label }) => label)).toEqual(['Lost its connection to the crypto store']);
  });

  test('the ticks are few and within the range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 4e12 }), (from, length) => {
        const range = { from, to: from + length };
        const ticks = ticksOf(range, 6);
        expect(ticks.length).toBeLessThanOrEqual(7);
        for (const at of ticks) expect(at >= range.from && at <= range.to).toBe(true);
      }),
    );
  });

  test('a duration is written in the two largest units', () => {
    expect([0, 12, 5000, 65_000, 3_600_000 * 2 + 60_000].map(duration)).toEqual([
      'a moment',
      '12 ms',
      '5 s',
      '1 min 5 s',
      '2 h 1 min',
    ]);
  });
});

describe('the Markdown', () => {
  test('inline text contains no markup and no mention', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = inline(text);
        const isText = !/[\\`*_[\]|]/.test(line.replace(/\\[\\`*_{}[\]()#+!|~$]/g, ''));
        const span = code(text);
        const fence = /^`+/.exec(span)?.[0] ?? '';
        const isClosed = !span.slice(fence.length, -fence.length).includes(fence);
        return isText && isClosed && !/[<>@\n\r]/.test(line);
      }),
    );
  });

  test('a table row with markup and newlines stays one row', async () => {
    const evil = 'a | b\n# c <img src=x onerror=alert(1)> @everyone';
    const file = new CaseFile(diagnoseReport);
    file.add('x', await read(JSON.stringify(reportWith([refused()], { userId: evil }))));
    const text = markdownOf(file.model());
    expect(text).not.toContain('<img');
    expect(text).not.toContain('@everyone');
    expect(text).not.toMatch(/^# c/m);
    expect(text).toContain('5 min');
  });

  test('control and bidirectional characters are made visible', () => {
    expect(visible('a\0b\u202ec\nd\te')).toBe('a␀b\\u{202e}c\nd\te');
  });
});

describe('the redacted copy', () => {
  const report = reportWith([
    refused(),
    refused({
      message:
        'Error (id=$abc:example.org sender=@bob:matrix.org room=!room:example.org) in https://hs.example.org/_matrix/client/v3/rooms/!room%3Aexample.org/event/%24abc%3Aexample.org, index.js:30:12 at 10.1.2.3',
      ke: 'KE-3',
      detail: {
        kind: 'undecryptable',
        reason: null,
        eventId: '$abc:example.org',
        roomId: '!room:example.org',
        sender: '@bob:matrix.org',
      },
    }),
    refused({
      ke: 'KE-2',
      message: 'MissingKey … @bob:matrix.org:BOBSPHONE',
      detail: { kind: 'missing-key', participant: '@bob:matrix.org:BOBSPHONE', index: 1 },
    }),
    refused({ ke: 'KE-3', message: `id=$${KEY.replace('+', '-')} room=!${OTHER_KEY.replace('+', '-')}` }),
  ]);
  const copy = redactedCopy(report);
  const text = JSON.stringify(copy);

  test('contains no id of a user, device, room, event or server', () => {
    for (const id of [
      'alice',
      'bob',
      'DEVICEID',
      'BOBSPHONE',
      'example.org',
      'matrix.org',
      '!room:',
      '$abc',
      `$${KEY.replace('+', '-')}`,
      `!${OTHER_KEY.replace('+', '-')}`,
      '10.1.2.3',
    ]) {
      expect(text).not.toContain(id);
    }
  });

  test('keeps public keys and ids of one-time keys', () => {
    expect(copy.entries[0]?.detail).toEqual(report.entries[0]?.detail);
    expect(text.split(KEY).length).toBe(JSON.stringify(report).split(KEY).length);
    expect(copy.entries[0]?.message).toContain('One time key signed_curve25519:AAAAAAAAAA0 already exists.');
  });

  const nobody = { userId: null, deviceId: null };
  const shapes: { shape: string; line: string; hidden: string[]; stays?: string[]; copy?: string }[] = JSON.parse(
    readFileSync(new URL('../fixtures/redacted-copy/shapes.json', import.meta.url), 'utf8'),
  );
  test.each(shapes)('hides $shape, or keeps it as evidence', ({ line, hidden, stays = [], copy: expected }) => {
    const found = redactedCopy(reportWith([refused({ message: line })], nobody)).entries[0]?.message ?? '';
    for (const id of hidden) expect(found).not.toContain(id);
    for (const words of stays) expect(found).toContain(words);
    if (expected !== undefined) expect(found).toBe(expected);
  });

  test('works for a report with thousands of users', () => {
    const users = Array.from({ length: 8000 }, (_, n) => `_@user${n}x:host${n}.priv.org_DEVICE${n}X_m.call`);
    const [entry] = redactedCopy(reportWith([refused({ message: users.join(' ') })], nobody)).entries;
    const words = entry?.message.split(' ') ?? [];
    expect(words.length).toBe(8000);
    expect(words[0]).toBe('_@user-1:server-1.invalid_DEVICE1_m.call');
    expect(words.at(-1)).toBe('_@user-8000:server-8000.invalid_DEVICE8000_m.call');
    expect(words.filter((word) => /priv|DEVICE\d+X/.test(word))).toEqual([]);
  });

  test('throws a readable error for an invalid report', () => {
    expect(() => redactedCopy('{')).toThrow(/^the report cannot be read: EOF while parsing/);
  });

  test('hides device ids that are known only from database rows', async () => {
    const file = new CaseFile(diagnoseReport);
    file.add('report', await read(JSON.stringify(reportWith([refused({ message: 'withheld for bobdev' })]))));
    const message = () => file.redacted('report-0', redactedCopy).entries[0]?.message;
    expect(message()).toBe('withheld for bobdev');
    file.add('keys', await read('user_id,device_id,algorithm,count\n@bob:priv.org,bobdev,signed_curve25519,0\n'));
    expect(message()).toBe('withheld for DEVICE2');
    file.remove('report');
    expect(message).toThrow('the report is no longer here');
  });

  test('uses the same placeholder for the same id everywhere', () => {
    const [first, second, third] = copy.entries;
    const { sender, roomId, eventId } = second?.detail as { sender: string; roomId: string; eventId: string };
    expect(second?.message).toContain(`id=${eventId} sender=${sender} room=${roomId}`);
    expect(second?.message).toContain(`/rooms/${roomId}/event/${eventId},`);
    expect(third?.detail).toMatchObject({ participant: expect.stringMatching(`^${sender}:DEVICE\\d$`) });
    const { oldKey, newKey } = first?.detail as { oldKey: string; newKey: string };
    expect(oldKey).not.toBe(newKey);
    expect(first?.message).toContain(`{"key":"${oldKey}"}; new key: {'key': '${newKey}'}`);
    expect(first?.message).toContain(copy.deviceId);
  });

  test('keeps times, source positions and fixed values of the report', () => {
    expect(copy.entries[1]?.message).toContain('index.js:30:12');
    expect(copy.entries.map(({ firstTs, ke, level }) => [firstTs, ke, level])).toEqual(
      report.entries.map(({ firstTs, ke, level }) => [firstTs, ke, level]),
    );
    const warned = redactedCopy(reportWith([refused({ level: 'warn' })], { deviceId: 'warn' }));
    expect(warned).toMatchObject({ deviceId: 'DEVICE1', entries: [{ level: 'warn' }] });
  });

  test('has the same verdicts', () => {
    const verdicts = (of: CryptoDiagReport) =>
      diagnoseReport(of).diagnosis.findings.map(({ id, verdict, conclusion }) => ({ id, verdict, conclusion }));
    expect(verdicts(copy)).toEqual(verdicts(report));
  });

  test('hides arbitrary user and device ids', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9]{5,12}$/);
    fc.assert(
      fc.property(part, part, fc.stringMatching(/^[A-Z]{8,12}$/), (local, host, device) => {
        const userId = `@${local}:${host}.example`;
        const of = reportWith(
          [refused({ message: `<${userId}> "${userId}:${device}" ${encodeURIComponent(userId)} ${device}.` })],
          { userId, deviceId: device },
        );
        const redacted = JSON.stringify(redactedCopy(of).entries);
        for (const id of [`@${local}`, `40${local}`, `${host}.`, device]) expect(redacted).not.toContain(id);
      }),
    );
  });
});

describe('the case file', () => {
  const log = readFileSync(new URL('../fixtures/viewer/homeserver.log', import.meta.url), 'utf8');
  const atLog = (more: object = {}) =>
    JSON.stringify(
      reportWith(
        [
          refused({
            ts: '2026-11-25T09:23:00.000Z',
            firstTs: '2026-11-25T09:23:00.000Z',
            lastTs: '2026-11-25T09:23:20.000Z',
          }),
        ],
        {
          capturingSince: '2026-11-25T09:22:00.000Z',
          generatedAt: '2026-11-25T09:24:00.000Z',
          ...more,
        },
      ),
    );

  test("passes log lines of the report's time to the diagnosis, with the log's offset", async () => {
    const passed: unknown[] = [];
    const file = new CaseFile((report, evidence) => {
      const times = evidence?.log?.map(({ ts }) => ts.slice(0, 15)) ?? [];
      if (evidence) passed.push(times.length, [...new Set(times)].join());
      return diagnoseReport(report, evidence);
    });
    file.add('report', await read(atLog()));
    file.add('log', await read(log));
    file.model();
    file.setOffset('log', 60);
    file.model();
    file.setOffset('log', 24 * 60);
    file.model();
    const [all, first, shifted, hourBefore, far] = passed;
    expect(all).toBeGreaterThan(40);
    expect(first).toBe('2026-11-25T09:2');
    expect(shifted).toBeGreaterThan(0);
    expect(hourBefore).toBe('2026-11-25T08:2');
    expect(far).toBe(0);
  });

  test('rejects an invalid report and still accepts a valid one', async () => {
    const file = new CaseFile(diagnoseReport);
    const content = await read(atLog({ entries: [{ ke: 'KE-9' }] }));
    expect(() => file.add('bad', content)).toThrow(/KE-9|missing field/);
    expect(file.model().reports).toEqual([]);
    file.add('good', await read(atLog()));
    expect(file.model().reports.length).toBe(1);
  });

  test("shows the report with a problem if the server's evidence cannot be read", async () => {
    const file = new CaseFile((report, evidence) => {
      if (evidence) throw new Error('the evidence cannot be read');
      return diagnoseReport(report);
    });
    file.add('report', await read(atLog()));
    file.add('log', await read(log));
    expect(file.model().reports[0]).toMatchObject({
      problem: 'the evidence cannot be read',
      analysis: { runbook: {} },
    });
  });

  test('has no series for a report without timings', async () => {
    const file = new CaseFile(diagnoseReport);
    const latency = { since: '2026-11-25T09:22:00.000Z', completeSince: null, seen: 0, samples: [] };
    file.add('report', await read(atLog({ latency })));
    file.add('log', await read(log));
    expect(file.model().series.map(({ name }) => name)).toEqual(['Homeserver log']);
  });

  test('thins out many points and keeps the slowest', async () => {
    const line = (nth: number) => {
      const time = new Date(Date.parse('2026-11-25T09:00:00Z') + nth * 10)
        .toISOString()
        .replace('T', ' ')
        .replace('.', ',')
        .slice(0, 23);
      const seconds = nth === 12_345 ? '9.000' : '0.010';
      return `${time} - x - 1 - INFO - GET-${nth} - 127.0.0.1 - 8008 - {None} Processed request: ${seconds}sec/0.000sec ru=(0.001sec, 0.000sec) db=(0.000sec/0.000sec/0) 5B 200 "GET /_matrix/client/versions HTTP/1.1" "-" [0 dbevts]`;
    };
    const file = new CaseFile(diagnoseReport);
    file.add('log', await read(Array.from({ length: 30_000 }, (_, nth) => line(nth)).join('\n')));
    const [series] = file.model().series;
    expect(series?.at.length).toBeLessThanOrEqual(2002);
    expect(Math.max(...(series?.durationMs ?? []))).toBe(9000);
  });
});
