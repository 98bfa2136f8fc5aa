// The timings of real requests: Node has the same PerformanceObserver.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Latency } from '../../pkg-glue/src/generated/model';
import { createLatency, pathOf } from '../../pkg-glue/src/latency';
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

const V3 = '/_matrix/client/v3';
const UNSTABLE = '/_matrix/client/unstable';

it.each([
  [`${V3}/rooms/!a:b/send/m.room.message/m1.2`, `${V3}/rooms/{id}/send/m.room.message/{id}`],
  [`${V3}/rooms/!a:b/send/org.example.custom/abc`, `${V3}/rooms/{id}/send/{id}/{id}`],
  [`${V3}/rooms/%21a%3Ab/state/m.room.member/%40a%3Ab`, `${V3}/rooms/{id}/state/m.room.member/{id}`],
  [`${V3}/rooms/!a:b/state/m.room.third_party_invite/m.alice`, `${V3}/rooms/{id}/state/m.room.third_party_invite/{id}`],
  [
    `${V3}/rooms/!a:b/state/org.matrix.msc3401.call.member/_@a:b_D_m.call`,
    `${V3}/rooms/{id}/state/org.matrix.msc3401.call.member/{id}`,
  ],
  [`${V3}/rooms/!a:b/receipt/m.read/$e`, `${V3}/rooms/{id}/receipt/{id}/{id}`],
  [`${V3}/sendToDevice/m.room.encrypted/keys`, `${V3}/sendToDevice/m.room.encrypted/{id}`],
  [`${V3}/user/@a:b/account_data/m.direct`, `${V3}/user/{id}/account_data/m.direct`],
  [`${V3}/user/@a:b/account_data/alice.example.org`, `${V3}/user/{id}/account_data/{id}`],
  [`${V3}/room_keys/keys/!a:b/session`, `${V3}/room_keys/keys/{id}/{id}`],
  [`${V3}/profile/alice/displayname`, `${V3}/profile/{id}/displayname`],
  [`${V3}/pushrules/global/override/alice/enabled`, `${V3}/pushrules/global/override/{id}/enabled`],
  [`${V3}/directory/list/appservice/irc/!a:b`, `${V3}/directory/list/appservice/{id}/{id}`],
  [`${V3}/thirdparty/protocol/gitter`, `${V3}/thirdparty/protocol/{id}`],
  [
    `${UNSTABLE}/org.matrix.msc4140/delayed_events/syd_abc/restart`,
    `${UNSTABLE}/org.matrix.msc4140/delayed_events/{id}/restart`,
  ],
  [`${UNSTABLE}/org.matrix.msc4140/delayed_events/abc`, `${UNSTABLE}/org.matrix.msc4140/delayed_events/{id}`],
  [
    `${UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device/abc`,
    `${UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device/{id}`,
  ],
  [`${UNSTABLE}/org.matrix.msc4143/rtc/transports`, `${UNSTABLE}/org.matrix.msc4143/rtc/transports`],
  [`${V3}/keys/upload?access_token=s3cret`, `${V3}/keys/upload`],
  [`${V3}/sync`, undefined],
  ['/_matrix/media/v3/download/a/b', undefined],
  ['/elsewhere', undefined],
])('of %s, the report keeps %s', (path, kept) => {
  expect(pathOf(`https://hs.example${path}`)).toBe(kept);
});

it('no part of a path that is no word of the API is kept, wherever it stands', () => {
  const id = fc.stringMatching(/^[a-z]{3,12}(\.[a-z]{2,8}){0,2}$/).map((text) => `${text}zq`);
  const place = fc.constantFrom('account_data', 'rooms', 'state/m.room.member', 'keys', 'login', 'devices', 'whatever');
  fc.assert(
    fc.property(place, fc.array(id, { minLength: 1, maxLength: 4 }), (before, ids) => {
      const kept = pathOf(`https://hs${V3}/${before}/${ids.join('/')}`) ?? '';
      expect(kept).not.toMatch(/zq/);
    }),
  );
});
