import { readFile } from 'node:fs/promises';

import {
  devicesAtRiskQuery,
  EvidenceFiles,
  EvidenceReader,
  type Survey,
  type Trouble,
} from 'lotus-crypto-diag/server-evidence';

import { CLIENT, comparedStore, evict, refusedAsExisting, uploadAccepted, uploadLoop } from '../client';
import type { Row } from '../homeserver';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { collide, restoreOlderStore } from './actions';

/** The survey of a log and of a database answer. */
function surveyOf(log: Uint8Array, rows: Row[]): Survey {
  const files = new EvidenceFiles();
  for (const [id, bytes] of [
    ['log', log],
    ['rows', Buffer.from(JSON.stringify(rows))],
  ] as const) {
    const reader = new EvidenceReader();
    reader.push(bytes);
    files.add(id, reader.finish());
  }
  return files.survey();
}

test('the survey of log and tables finds the four devices in trouble of six, with kind, cause and time', async ({
  lab,
  logIn,
}) => {
  const began = Date.now();
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  const tabs = await logIn(await lab.register('tabs'));
  await uploadAccepted(tabs.page, lab);
  const collided = await collide(lab, tabs, claimer);
  const restored = await logIn(await lab.register('restored'));
  await uploadAccepted(restored.page, lab);
  await comparedStore(restored.page);
  await restoreOlderStore(lab, restored, claimer);
  await expect.poll(() => uploadLoop(restored.page), { timeout: 40_000 }).toMatchObject({ state: 'looping' });

  const evicted = await logIn(await lab.register('evicted'));
  const healthy = await logIn(await lab.register('healthy'));
  await uploadAccepted(evicted.page, lab);
  await comparedStore(evicted.page);

  // The uploads of a client that accumulates keys.
  const piling = await connect(lab.baseUrl, await lab.register('piling'));
  const well = await connect(lab.baseUrl, await lab.register('well'));
  expect(await well.upload(0, 50)).toBe(200);
  for (let nth = 0; nth < 10; nth++) expect(await piling.upload(50 * nth, 50)).toBe(200);
  for (let nth = 10; nth < 14; nth++) expect(await piling.upload(50 * nth, 50)).toBe(400);
  await evict(evicted.page);
  await evicted.page.goto(CLIENT);
  await expect.poll(() => uploadLoop(evicted.page), { timeout: 30_000 }).toMatchObject({ state: 'looping' });
  const ended = Date.now();

  const { database, logFile } = await lab.server();
  const rows = await lab.query(devicesAtRiskQuery(database));
  const survey = surveyOf(await readFile(logFile), rows);
  const ours = [evicted, tabs, restored, piling, healthy, well].map(({ userId }) => userId);
  // Other tests break other devices of the same homeserver.
  const found = survey.devices.filter(({ userId }) => ours.includes(userId ?? ''));
  const byUser = new Map(found.map((device) => [device.userId, device]));
  const expected: [{ userId: string; deviceId: string }, Partial<Trouble>][] = [
    [evicted, { kind: 'refused-uploads', cause: 'blank-store' }],
    [tabs, { kind: 'refused-uploads', cause: 'several-tabs' }],
    [restored, { kind: 'refused-uploads', cause: 'same-identity' }],
    [piling, { kind: 'too-many-keys', count: 4 }],
  ];
  expect(new Set(byUser.keys())).toEqual(new Set(expected.map(([{ userId }]) => userId)));
  for (const [{ userId, deviceId }, trouble] of expected) {
    const device = byUser.get(userId);
    expect(device).toMatchObject({ deviceId, namedBy: 'log', goingOn: true });
    expect(device?.troubles[0]).toMatchObject({ ...trouble, goingOn: true });
    const [first, last] = [device?.troubles[0]?.firstTs, device?.troubles[0]?.lastTs].map((time) =>
      Date.parse(time ?? ''),
    );
    expect(first).toBeGreaterThan(began - 5000);
    expect(last).toBeLessThan(ended + 5000);
  }
  const refused = refusedAsExisting(collided).length;
  // One more may have been on its way when the uploads were taken.
  expect(byUser.get(tabs.userId)?.troubles[0]?.count).toBeGreaterThanOrEqual(refused);
  // Without a log, the tables alone reveal two of them.
  const atRisk = new Map(rows.map((row) => [row['user_id'], row]));
  expect(Number(atRisk.get(evicted.userId)?.['keys_of_before'])).toBeGreaterThan(0);
  expect(atRisk.get(piling.userId)).toMatchObject({ device_id: piling.deviceId, keys_of_before: 0 });
  expect(Number(atRisk.get(piling.userId)?.['one_time_keys'])).toBe(500);
  for (const { userId } of [tabs, restored, healthy, well]) expect(atRisk.has(userId)).toBe(false);
});
