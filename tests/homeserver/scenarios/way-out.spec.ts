import { comparedStore, evict, GATE, refusedAsExisting, reportOf, uploadAccepted, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { expectDiagnosis, FINE } from './diagnosis';

test("after the prompt's logout and a new login, the old device is deleted, the history is restored and there is no loop", async ({
  lab,
  logIn,
}) => {
  const account = await lab.register('out');
  const { page, ...old } = await logIn(account);
  await uploadAccepted(page, lab);
  await comparedStore(page);
  const keys = async () => {
    const rows = await lab.query('SELECT key_json FROM e2e_one_time_keys_json WHERE device_id = ?', old.deviceId);
    return rows.map(({ key_json }) => key_json);
  };
  const uploaded = await keys();
  expect(uploaded.length).toBeGreaterThan(0);
  const recoveryKey = await page.evaluate(() => window.lab.setUpBackup());
  const roomId = await page.evaluate(() => window.lab.writeMessage());
  const backedUp = () => lab.query('SELECT session_id FROM e2e_room_keys WHERE user_id = ?', account.userId);
  await expect.poll(async () => (await backedUp()).length, { timeout: 20_000 }).toBe(1);

  const beforeEviction = (await lab.uploads()).length;
  await evict(page);
  await page.goto(GATE);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click({ timeout: 30_000 });
  await expect(prompt).toContainText('This device lost the keys to its earlier messages.');
  await expect(prompt).toContainText('your recovery key brings back every message whose key is in your key backup', {
    timeout: 30_000,
  });
  await expect(prompt).toContainText('logging out loses nothing more');
  await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('session')), { timeout: 30_000 }).toBeNull();
  expect(await lab.query('SELECT 1 FROM devices WHERE device_id = ?', old.deviceId)).toEqual([]);
  // Synapse deletes a device before its keys. It checks the token of a request first: an upload of the blank store that is
  // under way during the logout may be accepted after it. Nobody can claim those keys, as the device is gone.
  const keysLeft = async () => {
    const accepted = (await lab.uploads()).slice(beforeEviction).filter(({ status }) => status === 200);
    return withOneTimeKeys(accepted).length > 0 ? (await keys()).filter((key) => uploaded.includes(key)) : await keys();
  };
  await expect.poll(keysLeft).toEqual([]);

  const before = (await lab.uploads()).length;
  const fresh = await logIn(account);
  expect(fresh.deviceId).not.toBe(old.deviceId);
  await uploadAccepted(fresh.page, lab);
  await fresh.page.evaluate((key) => window.lab.restoreBackup(key), recoveryKey);
  const read = () => fresh.page.evaluate((id) => window.lab.read(id), roomId);
  await expect.poll(async () => (await read()).map(({ body }) => body)).toEqual(['a message of the lab']);

  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
  const report = await reportOf(fresh.page);
  expect(report.uploadLoop).toMatchObject({ state: 'idle', refusals: 0 });
  expect(report.counts['KE-1']).toBe(0);
  expect(report.cryptoStore).toMatchObject({ verdict: 'first-run', deviceId: fresh.deviceId });
  const summary = expectDiagnosis(report, { 'otk-divergence': { verdict: 'ruled-out', conclusion: 'not-seen' } });
  expect(summary).toMatch(FINE);
});
