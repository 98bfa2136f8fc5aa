import { readReport } from '../e2e/report';
import {
  CRYPTO_DATABASES,
  comparedStore,
  cryptoStore,
  load,
  loadIdle,
  login,
  synced,
  uploadAccepted,
  withOneTimeKeys,
} from './client';
import { expect, test } from './lab';

test('the store is healthy after the first login and ten reloads', async ({ page, lab }) => {
  const { deviceId, userId } = await login(page, lab.baseUrl, await lab.register('healthy'));
  const first = await comparedStore(page);
  expect(first).toMatchObject({
    verdict: 'first-run',
    databaseExisted: false,
    identity: 'first-seen',
    userId,
    deviceId,
  });
  for (let reload = 1; reload <= 10; reload++) {
    await load(page);
    await synced(page);
    const status = await comparedStore(page);
    expect(status, `reload ${reload}`).toMatchObject({ verdict: 'healthy', databaseExisted: true, identity: 'same' });
    expect(status.since, 'since the first login').toBe(first.since);
  }
  const uploads = withOneTimeKeys(await lab.uploads());
  expect(uploads.length).toBeGreaterThan(0);
  // A reload interrupts an answer (status 0); none is refused.
  expect(uploads.filter(({ status }) => status !== 200 && status !== 0)).toEqual([]);
});

test('a deleted crypto database is evicted before the first upload, and the identity is changed afterwards', async ({
  page,
  lab,
}) => {
  await login(page, lab.baseUrl, await lab.register('evicted'));
  // With the old keys on the server, it refuses the new ones.
  await uploadAccepted(page, lab);
  const { since } = await comparedStore(page);
  await loadIdle(page);
  await page.evaluate((names) => window.lab.deleteDatabases(names), CRYPTO_DATABASES);

  await lab.clearRequests();
  // Delays the uploads, so that no loop starts before the keys were compared.
  await lab.setRules([{ path: '/keys/upload$', fault: { kind: 'delay', ms: 5000 } }]);
  await page.goto('http://127.0.0.1:4199/client.html');
  // The state before the client started: once the client has synced, the keys decide, possibly soon.
  const found = await page.evaluate(() => window.storeAtStart);
  expect(found.verdict).toBe('evicted');
  await page.evaluate(() => window.started);
  await synced(page);
  const status = await comparedStore(page);
  expect(status).toMatchObject({ verdict: 'identity-changed', databaseExisted: false, identity: 'changed' });
  expect(Date.parse(status.since ?? '')).toBeGreaterThan(Date.parse(since ?? ''));
  // The browser's preflight (OPTIONS) is not an upload.
  await expect.poll(async () => (await lab.uploads()).length).toBeGreaterThan(0);
  for (const { at } of await lab.uploads()) expect(at).toBeGreaterThanOrEqual(Date.parse(found.since ?? ''));
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'identity-changed' });
  await lab.clearRules();

  // The server refuses the keys, as the diagnosis predicted; the verdict survives a reload.
  await expect.poll(async () => withOneTimeKeys(await lab.uploads()).at(-1)?.status, { timeout: 20_000 }).toBe(400);
  await load(page);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'identity-changed', databaseExisted: true });
  const report = readReport(
    await page.evaluate(() => window.lib.collectCryptoDiagReport(window.lab.client, { sdkVersion: '41.7.0' })),
  );
  expect(report.cryptoStore).toMatchObject({ verdict: 'identity-changed', since: status.since });
});

test('deleting only the sync store leaves the crypto store healthy', async ({ page, lab }) => {
  await login(page, lab.baseUrl, await lab.register('sync'));
  await comparedStore(page);
  await loadIdle(page);
  const names = await page.evaluate(() => indexedDB.databases());
  const others = names.flatMap(({ name = '' }) => (CRYPTO_DATABASES.includes(name) ? [] : [name]));
  expect(others.length).toBeGreaterThan(0);
  await page.evaluate((list) => window.lab.deleteDatabases(list), others);
  await load(page);
  await synced(page);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'healthy', identity: 'same' });
});

test('after everything was deleted, a new login is a first run', async ({ page, lab }) => {
  const account = await lab.register('wiped');
  const first = await login(page, lab.baseUrl, account);
  await comparedStore(page);
  await loadIdle(page);
  await page.evaluate(async () => {
    localStorage.clear();
    await window.lab.deleteDatabases((await indexedDB.databases()).flatMap(({ name = '' }) => [name]));
  });
  const second = await login(page, lab.baseUrl, account);
  expect(second.deviceId).not.toBe(first.deviceId);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'first-run', deviceId: second.deviceId });
});

test('a logout removes the marker of the device, and the next login is a first run of a new device', async ({
  page,
  lab,
}) => {
  const account = await lab.register('relogin');
  const first = await login(page, lab.baseUrl, account);
  await comparedStore(page);
  await page.evaluate(() => window.lab.logout());
  const ids = await page.evaluate(([url, name, secret]) => window.lab.login(url, name, secret), [
    lab.baseUrl,
    account.userId,
    account.password,
  ] as const);
  await synced(page);
  await expect.poll(async () => (await cryptoStore(page))?.deviceId).toBe(ids.deviceId);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'first-run', identity: 'first-seen', ...ids });
  const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('lotus-')));
  expect(kept.filter((key) => key.startsWith('lotus-crypto-diag/device/'))).toHaveLength(1);
  expect(kept.filter((key) => key.includes(first.deviceId))).toEqual([]);
  await load(page);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'healthy', ...ids });
});

test('a second account in the same origin has its own verdict', async ({ page, lab }) => {
  const ids = await login(page, lab.baseUrl, await lab.register('one'));
  await comparedStore(page);
  const other = { userId: '@other:lab.local', deviceId: 'OTHER' };
  const status = await page.evaluate(
    (device) => window.lib.checkCryptoStore(device, { databasePrefix: 'other' }),
    other,
  );
  expect(status).toMatchObject({ verdict: 'first-run', databaseExisted: false, ...other });
  await load(page);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'healthy', ...ids });
});

test('a store cleared while the page runs is evicted after one sync, and after a reload the identity is changed', async ({
  page,
  lab,
}) => {
  await login(page, lab.baseUrl, await lab.register('live'));
  await comparedStore(page);
  // Not during the first write: if the store disappears in the middle of a write, the SDK waits for ever without
  // logging anything.
  await uploadAccepted(page, lab);
  const counts = await page.evaluate(() => window.lib.getSnapshot().counts['KE-1']);
  // As the browser does: closes the page's connections and deletes the databases.
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: 'http://127.0.0.1:4199', storageTypes: 'indexeddb' });
  await expect.poll(async () => (await cryptoStore(page))?.verdict, { timeout: 20_000 }).toBe('evicted');
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(window.lab.client)));
  expect(report.cryptoStore?.loss?.message).toMatch(/InvalidStateError/);
  const recovery = () => page.evaluate(() => window.lib.getSnapshot().recovery);
  await expect.poll(recovery).toMatchObject({ reason: 'store-lost', since: report.cryptoStore?.since });
  // A failed write may be logged before the lost connection.
  const signs = [report.cryptoStore?.loss?.firstTs, report.cryptoStore?.trouble?.firstTs].flatMap((ts) => ts ?? []);
  expect(report.cryptoStore?.since).toBe(signs.toSorted()[0]);
  expect(report.counts['KE-1']).toBe(counts);

  await load(page);
  await synced(page);
  const after = await comparedStore(page);
  expect(after).toMatchObject({ verdict: 'identity-changed', since: report.cryptoStore?.since });
});
