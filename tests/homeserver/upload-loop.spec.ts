import { readFileSync } from 'node:fs';

import { openDetails, readReport } from '../e2e/report';
import {
  CLIENT,
  comparedStore,
  evict,
  GATE,
  load,
  login,
  refusedAsExisting,
  synced,
  uploadAccepted,
  uploadLoop,
  withOneTimeKeys,
} from './client';
import { expect, test } from './lab';

for (const silent of [false, true]) {
  test(`after an eviction, with the SDK's logger ${silent ? 'silenced' : 'on'}, the third refusal is a loop, and retries do not reach the server`, async ({
    page,
    lab,
  }) => {
    let logged = false;
    page.on('console', (line) => {
      if (line.text().includes('Failed to process outgoing request')) logged = true;
    });
    await login(page, lab.baseUrl, await lab.register('loop'));
    await uploadAccepted(page, lab);
    await comparedStore(page);
    await evict(page);
    const before = (await lab.uploads()).length;
    // Silenced before the client is created: the loop can be seen only on the network.
    await page.goto(silent ? `${CLIENT}?silent` : CLIENT);
    await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'looping', breaker: 'open' });
    const { refusals, diverges, keyIds } = await uploadLoop(page);
    expect({ refusals, diverges }).toEqual({ refusals: 3, diverges: true });

    // The client retries with every sync; no upload arrives before the first probe.
    await expect.poll(async () => (await uploadLoop(page)).spared, { timeout: 30_000 }).toBeGreaterThan(2);
    const arrived = withOneTimeKeys((await lab.uploads()).slice(before));
    expect(arrived.map(({ status }) => status)).toEqual([400, 400, 400]);

    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(window.lab.client)));
    expect(report.counts['KE-1']).toBe(3);
    expect(logged).toBe(!silent);
    const [row] = await lab.query<{ key_json: string }>(
      "SELECT key_json FROM e2e_one_time_keys_json WHERE user_id = ? AND algorithm || ':' || key_id = ?",
      report.userId,
      keyIds[0] ?? '',
    );
    expect(JSON.parse(row?.key_json ?? '{}').key).toBe(report.uploadLoop.refusal?.oldKey);
  });
}

for (const where of ['header', 'query']) {
  test(`with two accounts in one page and tokens in the ${where}, one loops and the keys of the other reach the server`, async ({
    page,
    lab,
  }) => {
    const path = where === 'query' ? `${CLIENT}?token-in-query` : CLIENT;
    await login(page, lab.baseUrl, await lab.register('looping'), path);
    await uploadAccepted(page, lab);
    await comparedStore(page);
    await evict(page);
    await page.goto(path);
    await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'looping', breaker: 'open' });
    await expect.poll(async () => (await uploadLoop(page)).spared, { timeout: 30_000 }).toBeGreaterThan(0);
    const before = (await lab.uploads()).length;

    const { userId, password } = await lab.register('healthy');
    const healthy = await page.evaluate(
      ([baseUrl, user, secret]) => window.lab.loginSecondAccount(baseUrl, user, secret),
      [lab.baseUrl, userId, password] as const,
    );
    const storedKeys = () =>
      lab.query('SELECT 1 FROM e2e_one_time_keys_json WHERE user_id = ? AND device_id = ?', userId, healthy.deviceId);
    await expect.poll(async () => (await storedKeys()).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(50);
    // The other device's loop continues, and its neighbour's success does not end it.
    const { spared } = await uploadLoop(page);
    await expect.poll(async () => (await uploadLoop(page)).spared, { timeout: 30_000 }).toBeGreaterThan(spared);
    expect(await uploadLoop(page)).toMatchObject({ state: 'looping', breaker: 'open', diverges: true });
    expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'upload-loop' });
    // Of the device in a loop, only probes arrive.
    const arrived = withOneTimeKeys((await lab.uploads()).slice(before));
    expect(arrived.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    const { probes } = await uploadLoop(page);
    expect(arrived.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(probes);
  });
}

test('the loop ends when the server has ended the session', async ({ page, lab }) => {
  await login(page, lab.baseUrl, await lab.register('ended'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  await evict(page);
  await page.goto(CLIENT);
  await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'looping' });
  // A logout without the client, which learns of it with its next request.
  await page.evaluate(async () => {
    const { baseUrl, accessToken } = JSON.parse(localStorage.getItem('session') ?? '{}');
    const headers = { Authorization: `Bearer ${accessToken}` };
    await fetch(`${baseUrl}/_matrix/client/v3/logout`, { method: 'POST', headers });
  });
  await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'idle', refusals: 0 });
});

test('uploads that fail for other reasons than a refusal are no loop', async ({ page, lab }) => {
  await lab.setRules([
    { method: 'POST', path: '/keys/upload$', times: 1, fault: { kind: 'status', status: 503 } },
    { method: 'POST', path: '/keys/upload$', times: 1, fault: { kind: 'drop' } },
    { method: 'POST', path: '/keys/upload$', times: 1, fault: { kind: 'swallow' } },
  ]);
  await login(page, lab.baseUrl, await lab.register('flaky'));
  await uploadAccepted(page, lab);
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'idle', refusals: 0 });
  await expect.poll(async () => (await uploadLoop(page)).accepted, { timeout: 40_000 }).toBeGreaterThan(0);
  expect(await uploadLoop(page)).toMatchObject({ state: 'idle', refusals: 0 });
});

test('without a backup, the prompt names the loss, exports importable keys, and leads to a working new device', async ({
  page,
  lab,
  context,
}) => {
  const account = await lab.register('out');
  const first = await login(page, lab.baseUrl, account);
  await uploadAccepted(page, lab);
  await comparedStore(page);
  await evict(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(GATE);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click({ timeout: 30_000 });
  await page.evaluate(() => window.lab.writeMessage());
  await expect(prompt).toContainText(/1 message key is in no key backup/, { timeout: 30_000 });
  await expect(prompt).toContainText('There is no key backup');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await expect(reset).toHaveAttribute('aria-disabled', 'true');
  await reset.click({ force: true });
  expect(await page.evaluate(() => window.logouts)).toBe(0);

  await prompt.getByLabel('Passphrase').fill('short');
  await page.keyboard.press('Enter');
  await expect(prompt).toContainText('At least 8 characters');
  await prompt.getByLabel('Passphrase').fill('a long passphrase');
  const download = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const file = readFileSync(await (await download).path(), 'utf8');
  expect(file).toMatch(/^-----BEGIN MEGOLM SESSION DATA-----/);
  await expect(prompt).toContainText(/Saved as room-keys-.*\.txt/);

  await prompt.getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await reset.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.lab.client === undefined), { timeout: 30_000 }).toBe(true);
  expect(await page.evaluate(() => window.logouts)).toBe(1);
  expect(await lab.query('SELECT 1 FROM devices WHERE device_id = ?', first.deviceId)).toEqual([]);

  const fresh = await context.newPage();
  const before = (await lab.uploads()).length;
  const second = await login(fresh, lab.baseUrl, account);
  expect(second.deviceId).not.toBe(first.deviceId);
  await uploadAccepted(fresh, lab);
  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
  const imported = await fresh.evaluate(async (text) => {
    const crypto = window.lab.client?.getCrypto() as unknown as {
      olmMachine: { constructor: { decryptExportedRoomKeys(file: string, passphrase: string): string } };
      importRoomKeysAsJson(json: string): Promise<void>;
      exportRoomKeysAsJson(): Promise<string>;
    };
    await crypto.importRoomKeysAsJson(crypto.olmMachine.constructor.decryptExportedRoomKeys(text, 'a long passphrase'));
    return JSON.parse(await crypto.exportRoomKeysAsJson()).length;
  }, file);
  expect(imported).toBe(1);
  expect(await fresh.evaluate(() => window.lib.getSnapshot().recovery)).toBeNull();
});

test('with a full backup, the prompt says that the history is safe, and “Not now” lasts a day', async ({
  page,
  lab,
}) => {
  const account = await lab.register('safe');
  await login(page, lab.baseUrl, account);
  await uploadAccepted(page, lab);
  await page.evaluate(() => window.lab.setUpBackup());
  await page.evaluate(() => window.lab.writeMessage());
  await load(page);
  await synced(page);
  // Refusals like Synapse's, without a lost store: as with two tabs.
  const error = `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"x"}; new key: {'key': 'y'}`;
  const fault = { kind: 'status', status: 400, body: { errcode: 'M_UNKNOWN', error } } as const;
  await lab.setRules([{ method: 'POST', path: '/keys/upload$', fault }]);
  await page.goto(GATE);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await page.evaluate(async () => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': {} } });
    const base = JSON.parse(localStorage.getItem('session') ?? '{}').baseUrl;
    for (let i = 0; i < 3; i++) await fetch(`${base}/_matrix/client/v3/keys/upload`, { method: 'POST', body });
  });
  await prompt.getByRole('button', { name: 'How to fix it' }).click({ timeout: 30_000 });
  await expect(prompt).toContainText('The message keys on this device are safe', { timeout: 30_000 });

  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();
  await page.evaluate(() => {
    const key = 'lotus-crypto-diag/not-now';
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (!(kept.until > Date.now() + 23 * 3_600_000)) throw new Error(JSON.stringify(kept));
    localStorage.removeItem(key);
  });
  const card = page.getByTestId('crypto-diagnostics');
  await expect(card.getByRole('alert')).toContainText('again and again');
  await openDetails(page);
  await expect(page.getByTestId('upload-loop').getByRole('button', { name: 'Copy: Key on the server' })).toBeVisible();
});

test('the prompt shows that a logout failed, and the logout can be retried', async ({ page, lab }) => {
  await login(page, lab.baseUrl, await lab.register('stuck'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  await evict(page);
  await page.goto(GATE);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click({ timeout: 30_000 });
  await expect(prompt).toContainText('logging out loses nothing more', { timeout: 30_000 });
  await lab.setRules([{ path: '/logout$', times: 1, fault: { kind: 'status', status: 500 } }]);
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await reset.click();
  await expect(prompt).toContainText('Logging out failed');
  await reset.click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('session')), { timeout: 30_000 }).toBeNull();
});
