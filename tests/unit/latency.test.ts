// The timings of real requests: Node has the same PerformanceObserver.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import type { Latency } from '../../pkg-glue/src/generated/model';
import { createLatency } from '../../pkg-glue/src/latency';
import { RequestTimings } from '../../pkg-glue/wasm/capture/lotus_crypto_diag.js';
import { instantiate } from './module';
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
  const timings = new RequestTimings(Date.now);
  const use = vi.fn();
  const latency = createLatency(start, (call) => use() ?? call(timings), isAwake);
  return { latency, use };
};

it.each([
  ['that is instantiated', true],
  ['that is not yet', false],
])('with a module %s, a watch that is taken up again gives no request twice, and does not claim those between', async (_, isAwake) => {
  const { latency } = create(() => isAwake);
  performance.clearResourceTimings();
  await ask('login');
  const undo = latency.watch();
  await ask('versions');
  const paths = () => latency.status()?.samples.map(({ path }) => path.split('/').at(-1));
  await expect.poll(paths).toEqual(['login', 'versions']);
  const completeAtFirst = latency.status()?.completeSince ?? '';
  expect(completeAtFirst).toBe(latency.status()?.since);

  undo();
  await ask('whoami');
  await aMoment();
  // Nobody watches: nothing up to now is complete.
  const between = new Date().toISOString();
  expect((latency.status()?.completeSince ?? '') >= between).toBe(true);

  await aMoment();
  const again = new Date().toISOString();
  const undoAgain = latency.watch();
  await aMoment();
  await ask('capabilities');
  await expect.poll(() => paths()?.at(-1)).toBe('capabilities');
  expect(paths()).toEqual(['login', 'versions', 'capabilities']);
  const { completeSince, samples, seen } = latency.status() as Latency;
  expect(seen).toBe(3);
  expect(String(completeSince) >= again && String(completeSince) <= (samples.at(-1)?.ts ?? '')).toBe(true);
  undoAgain();
});

it('the module is not instantiated for a few requests, and for many it is', async () => {
  const { latency, use } = create(() => false);
  const undo = latency.watch();
  for (let i = 0; i < 20; i++) await ask('login');
  await aMoment();
  expect(use).not.toHaveBeenCalled();
  for (let i = 0; i < 500; i++) await ask('login');
  await expect.poll(() => use.mock.calls.length).toBeGreaterThan(0);
  undo();
});

/** A browser whose observer gives these entries, at once. */
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

it('of entries that are not what they should be, what makes sense is kept', () => {
  const name = 'https://hs/_matrix/client/v3/login';
  giving(
    { name: { includes: () => true }, startTime: 1, duration: 1, responseStatus: 200 },
    { name, startTime: 1, duration: 7n, responseStatus: Number.NaN },
    { name, startTime: 1, duration: 8, responseStatus: '200' },
    { name, startTime: 1, duration: 9, responseStatus: 200 },
  );
  const { latency } = create(() => true);
  latency.watch();
  const kept = latency.status()?.samples.map(({ durationMs, status }) => [durationMs, status]);
  expect(kept).toEqual([
    [7, null],
    [8, null],
    [9, 200],
  ]);
});

it('what was timed before the module could be called is not lost, nor what was known when it broke', () => {
  giving({ name: 'https://hs/_matrix/client/v3/login', startTime: 1, duration: 9, responseStatus: 200 });
  const timings = new RequestTimings(Date.now);
  let isRunning = false;
  const latency = createLatency(
    start,
    (call) => (isRunning ? call(timings) : undefined),
    () => isRunning,
  );
  latency.watch();
  expect(latency.status()).toBeNull();
  isRunning = true;
  const known = latency.status();
  expect(known).toMatchObject({ since: expect.any(String), seen: 1 });
  isRunning = false;
  expect(latency.status()).toEqual(known);
});
