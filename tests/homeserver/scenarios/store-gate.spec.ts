// After the browser deleted the crypto store, the client is not started and the user logs in again. No upload is
// refused.
import {
  comparedStore,
  type Device,
  evict,
  GATE,
  load,
  login,
  refusedAsExisting,
  reportOf,
  synced,
  uploadAccepted,
  withOneTimeKeys,
} from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { createSharedRoom, expectMessageRead, provokeUpload } from './actions';

const BEHIND_GATE = `${GATE}?store-gate`;
const gateOf = ({ page }: Pick<Device, 'page'>) =>
  page.getByRole('main', { name: 'This browser deleted the encryption keys of this device' });
const isReady = ({ page }: Pick<Device, 'page'>) =>
  expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });

const knows = ({ page }: Device, { userId, deviceId }: Device): Promise<boolean> =>
  page.evaluate(
    async ([user, device]) => {
      const known = await window.lab.client?.getCrypto()?.getUserDeviceInfo([user]);
      return known?.get(user)?.has(device) ?? false;
    },
    [userId, deviceId] as const,
  );

test('the gate prevents uploads of the old device; after a new login, history and new messages are readable', async ({
  lab,
  logIn,
}) => {
  const account = await lab.register('gated');
  const old = await logIn(account);
  await uploadAccepted(old.page, lab);
  const token = (await lab.uploads()).at(-1)?.user;
  await comparedStore(old.page);
  const recoveryKey = await old.page.evaluate(() => window.lab.setUpBackup());
  const historyId = await old.page.evaluate(() => window.lab.writeMessage());
  const backedUp = () => lab.query('SELECT session_id FROM e2e_room_keys WHERE user_id = ?', account.userId);
  await expect.poll(async () => (await backedUp()).length, { timeout: 20_000 }).toBe(1);
  const peer = await logIn(await lab.register('old-peer'));
  const room = await createSharedRoom(peer, old);
  await expectMessageRead(peer, old, room, 'before');
  await expectMessageRead(old, peer, room, 'before, back');

  const second = await logIn(account);

  await evict(old.page);
  const ofOld = async () => (await lab.uploads()).filter(({ user }) => user === token).length;
  await uploadAccepted(second.page, lab);
  const before = await ofOld();
  const all = (await lab.uploads()).length;
  await old.page.goto(BEHIND_GATE);
  await expect(gateOf(old)).toBeVisible();
  await expect(gateOf(old)).toContainText('come back with your recovery key');
  const again = gateOf(old).getByRole('button', { name: 'Log in again' });
  await lab.setRules([{ path: '/logout$', times: 1, fault: { kind: 'drop' } }]);
  await expect(gateOf(old).getByRole('heading')).toBeFocused();
  await old.page.keyboard.press('Tab');
  await expect(again).toBeFocused();
  await old.page.keyboard.press('Enter');
  await expect(gateOf(old).getByRole('status')).toContainText('the homeserver cannot be reached');
  expect(await old.page.evaluate(() => localStorage.getItem('session'))).not.toBeNull();
  await again.press('Enter');
  // The page reloads once it is logged out.
  await expect(async () => {
    expect(await old.page.evaluate(() => localStorage.getItem('session'))).toBeNull();
  }).toPass({ timeout: 30_000 });
  expect(await ofOld(), 'nothing was uploaded for the old device').toBe(before);
  expect(await lab.query('SELECT 1 FROM devices WHERE device_id = ?', old.deviceId)).toEqual([]);

  const fresh: Device = { page: old.page, ...(await login(old.page, lab.baseUrl, account)) };
  expect(fresh.deviceId).not.toBe(old.deviceId);
  await uploadAccepted(fresh.page, lab);
  await fresh.page.evaluate((key) => window.lab.restoreBackup(key), recoveryKey);
  const history = () => fresh.page.evaluate((id) => window.lab.read(id), historyId);
  await expect.poll(async () => (await history()).map(({ body }) => body)).toEqual(['a message of the lab']);
  // A writer whose client does not know the new device yet does not encrypt for it.
  for (const writer of [peer, second]) await expect.poll(() => knows(writer, fresh)).toBe(true);
  await expectMessageRead(peer, fresh, room, 'after, from who knew the old device');
  await expectMessageRead(fresh, peer, room, 'after, back');
  await expectMessageRead(second, fresh, room, 'after, from the second device of the same user');
  await expectMessageRead(fresh, second, room, 'after, to the second device');
  const stranger = await logIn(await lab.register('new-peer'));
  const newRoom = await createSharedRoom(stranger, fresh);
  await expectMessageRead(stranger, fresh, newRoom, 'after, from a stranger');
  await expectMessageRead(fresh, stranger, newRoom, 'after, to a stranger');
  expect(refusedAsExisting((await lab.uploads()).slice(all))).toEqual([]);
  expect((await reportOf(fresh.page)).uploadLoop).toMatchObject({ state: 'idle', refusals: 0 });
});

test('the gate lets a device with its store pass, and a user who continues anyway', async ({ page, lab }) => {
  await login(page, lab.baseUrl, await lab.register('passes'));
  await uploadAccepted(page, lab);
  for (let start = 0; start < 2; start++) {
    await page.goto(BEHIND_GATE);
    await isReady({ page });
    await comparedStore(page);
  }
  await evict(page);
  await page.goto(BEHIND_GATE);
  const names = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  await expect(gateOf({ page })).toBeVisible();
  // Checking for a database must not create one.
  expect(await names()).not.toContain('matrix-js-sdk::matrix-sdk-crypto');
  await gateOf({ page })
    .getByRole('button', { name: /^Continue anyway/ })
    .click();
  await isReady({ page });
  expect(await names()).toContain('matrix-js-sdk::matrix-sdk-crypto');
});

test('the prompt is shown for an evicted device even if the server refuses none of its keys', async ({ page, lab }) => {
  const device = await login(page, lab.baseUrl, await lab.register('silent'));
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  const ids = async () => {
    const sql = 'SELECT key_id FROM e2e_one_time_keys_json WHERE user_id = ? AND device_id = ?';
    const rows = await lab.query<{ key_id: string }>(sql, device.userId, device.deviceId);
    return rows.map(({ key_id: id }) => Number(Buffer.from(id, 'base64').readBigUInt64BE()));
  };
  await expect(async () => {
    await provokeUpload(lab, claimer, device);
    expect(Math.min(...(await ids()))).toBeGreaterThan(60);
  }).toPass({ timeout: 90_000 });

  await evict(page);
  const before = (await lab.uploads()).length;
  await page.goto(GATE);
  await isReady({ page });
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await expect(prompt).toBeVisible({ timeout: 30_000 });
  await expect.poll(async () => withOneTimeKeys((await lab.uploads()).slice(before)).length).toBeGreaterThan(0);
  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
  // At first the reason is the lost store; once the keys were compared, the changed identity.
  const recovery = () => page.evaluate(() => window.lib.getSnapshot().recovery);
  await expect.poll(recovery).toMatchObject({ reason: 'identity-changed' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click();
  await expect(prompt.getByRole('button', { name: 'Repair now' })).toHaveCount(0);
  await load(page);
  await synced(page);
  expect(await page.evaluate(() => window.lib.repairOneTimeKeys(window.lab.client))).toMatchObject({
    state: 'refused',
    claimed: [],
  });
});
