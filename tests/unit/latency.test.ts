// The timings of real requests: Node has the same PerformanceObserver.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import type { Latency } from '../../pkg-glue/src/generated/model';
import { createLatency } from '../../pkg-glue/src/latency';
import { createDiag, instantiate, reportOf } from './module';
import { start } from './started';

instantiate();

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((_, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_matrix/client/v3`;
});
afterAll(() => server.close());

const ask = async (path: string) => void (await (await fetch(`${base}/${path}`)).text());
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 20));

const create = (isAwake: () => boolean) => {
  const diag = createDiag();
  const use = vi.fn();
  const latency = createLatency(start, (call) => use() ?? call(diag.timings()), isAwake);
  const status = () => {
    latency.flush();
    return reportOf(diag).latency;
  };
  return { latency, use, status };
};

it.each([
  ['instantiated', true],
  ['not instantiated', false],
])('with the module %s, a restarted watch counts no request twice, and completeSince excludes the pause', async (_, isAwake) => {
  const { latency, status } = create(() => isAwake);
  performance.clearResourceTimings();
  await ask('login');
  const undo = latency.watch();
  await ask('versions');
  const paths = () => status()?.samples.map(({ path }) => path.split('/').at(-1));
  await expect.poll(paths).toEqual(['login', 'versions']);
  const completeAtFirst = status()?.completeSince ?? '';
  expect(completeAtFirst).toBe(status()?.since);

  undo();
  await ask('whoami');
  await aMoment();
  // Nothing is watched now: the timings up to this time are incomplete.
  const between = new Date().toISOString();
  expect((status()?.completeSince ?? '') >= between).toBe(true);

  await aMoment();
  const again = new Date().toISOString();
  const undoAgain = latency.watch();
  await aMoment();
  await ask('capabilities');
  await expect.poll(() => paths()?.at(-1)).toBe('capabilities');
  expect(paths()).toEqual(['login', 'versions', 'capabilities']);
  const { completeSince, samples, seen } = status() as Latency;
  expect(seen).toBe(3);
  expect(String(completeSince) >= again && String(completeSince) <= (samples.at(-1)?.ts ?? '')).toBe(true);
  undoAgain();
});

it('the module is instantiated for many requests, not for a few', async () => {
  const { latency, use } = create(() => false);
  const undo = latency.watch();
  for (let i = 0; i < 20; i++) await ask('login');
  await aMoment();
  expect(use).not.toHaveBeenCalled();
  for (let i = 0; i < 500; i++) await ask('login');
  await expect.poll(() => use.mock.calls.length).toBeGreaterThan(0);
  undo();
});

/** A browser whose observer delivers these entries at once. */
const giving = (...entries: object[]) => {
  const observe = vi.fn();
  class Observer {
    static supportedEntryTypes = ['resource'];
    observe = observe;
    disconnect = () => {};
    constructor(callback: (list: object) => void) {
      observe.mockImplementation(() => callback({ getEntries: () => entries }));
    }
  }
  vi.stubGlobal('PerformanceObserver', Observer);
};
afterEach(() => void vi.unstubAllGlobals());

it('of malformed entries, the valid fields are kept', () => {
  const name = 'https://hs/_matrix/client/v3/login';
  giving(
    { name: { includes: () => true }, startTime: 1, duration: 1, responseStatus: 200 },
    { name, startTime: 100, duration: 7n, responseStatus: Number.NaN },
    { name, startTime: 200, duration: 8, responseStatus: '200' },
    { name, startTime: 300, duration: 9, responseStatus: 200 },
  );
  const { latency, status } = create(() => true);
  latency.watch();
  const kept = status()?.samples.map(({ durationMs, status }) => [durationMs, status]);
  expect(kept).toEqual([
    [7, null],
    [8, null],
    [9, 200],
  ]);
});

it('timings from before the module runs are kept', () => {
  giving({ name: 'https://hs/_matrix/client/v3/login', startTime: 1, duration: 9, responseStatus: 200 });
  const diag = createDiag();
  let isRunning = false;
  const latency = createLatency(
    start,
    (call) => (isRunning ? call(diag.timings()) : undefined),
    () => isRunning,
  );
  latency.watch();
  latency.flush();
  expect(reportOf(diag).latency).toBeNull();
  isRunning = true;
  latency.flush();
  expect(reportOf(diag).latency).toMatchObject({ since: expect.any(String), seen: 1 });
});
