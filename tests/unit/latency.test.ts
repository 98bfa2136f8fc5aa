// The timings of real requests: Node has the same PerformanceObserver.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Latency } from '../../pkg-glue/src/generated/model';
import { createLatency } from '../../pkg-glue/src/latency';
import { start } from './started';

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

it('a watch that is taken up again gives no request twice, and does not claim those between', async () => {
  const latency = createLatency(start);
  await ask('before');
  const undo = latency.watch();
  await ask('watched');
  const paths = () => latency.status()?.samples.map(({ path }) => path.split('/').at(-1));
  await expect.poll(paths).toEqual(['before', 'watched']);
  const completeAtFirst = latency.status()?.completeSince ?? '';
  expect(completeAtFirst).toBe(latency.status()?.since);

  undo();
  await ask('between');
  await aMoment();
  // Nobody watches: nothing up to now is complete.
  const between = new Date().toISOString();
  expect((latency.status()?.completeSince ?? '') >= between).toBe(true);

  await aMoment();
  const again = new Date().toISOString();
  const undoAgain = latency.watch();
  await aMoment();
  await ask('again');
  await expect.poll(() => paths()?.at(-1)).toBe('again');
  expect(paths()).toEqual(['before', 'watched', 'again']);
  const { completeSince, samples, seen } = latency.status() as Latency;
  expect(seen).toBe(3);
  expect(String(completeSince) >= again && String(completeSince) <= (samples.at(-1)?.ts ?? '')).toBe(true);
  undoAgain();
});
