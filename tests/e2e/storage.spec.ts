import { expect, type Page, test } from '@playwright/test';
import type { CryptoStoreStatus } from 'lotus-crypto-diag';

import { open, openDetails, readReport } from './report';

/** Counts the calls of the page's real `persist()`. */
const countPersist = (page: Page) =>
  page.addInitScript(() => {
    const { persist } = StorageManager.prototype;
    const calls = Object.assign(window, { persistCalls: 0 });
    StorageManager.prototype.persist = function () {
      calls.persistCalls += 1;
      return persist.call(this);
    };
  });

/** Grants permissions, as a user does in the site's settings. */
async function grant(page: Page, permissions: string[]) {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const browser = await page.context().browser()?.newBrowserCDPSession();
  await browser?.send('Browser.grantPermissions', {
    permissions: permissions as 'durableStorage'[],
    origin: 'http://127.0.0.1:4199',
    ...(targetInfo.browserContextId ? { browserContextId: targetInfo.browserContextId } : {}),
  });
}

const storageOf = (page: Page) => page.evaluate(() => window.lib.getSnapshot().storage);

test.describe('persistent storage', () => {
  test('persist() is called once a page load, and the card says that it was denied', async ({ page }) => {
    await countPersist(page);
    const pageErrors = await open(page, '/card.html');
    await expect.poll(() => storageOf(page)).toMatchObject({ supported: true, persisted: false, request: 'denied' });
    await page.evaluate(() => Promise.all(Array.from({ length: 10 }, () => window.lib.requestPersistentStorage())));
    expect(await page.evaluate('persistCalls')).toBe(1);
    await openDetails(page);
    await expect(page.getByTestId('crypto-diagnostics')).toContainText(
      'The browser may delete your encryption keys when space runs low.',
    );

    const report = readReport(await page.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
    expect(report.storage).toMatchObject({ request: 'denied', error: null });
    expect(report.storage?.usage).toBeGreaterThanOrEqual(0);
    expect(report.storage?.quota).toBeGreaterThan(10 * 1024 * 1024);

    await page.reload();
    await expect.poll(() => storageOf(page)).toMatchObject({ request: 'denied' });
    expect(await page.evaluate('persistCalls')).toBe(1);
    expect(pageErrors).toEqual([]);
  });

  test('usage grows by the size of the stored data', async ({ page }) => {
    await open(page, '/auto.html');
    const before = await page.evaluate(() => window.lib.requestPersistentStorage());
    await page.evaluate(async () => {
      const cache = await caches.open('ballast');
      await cache.put('/ballast', new Response(new Uint8Array(3_000_000)));
    });
    const after = await page.evaluate(() => window.lib.refreshStorageStatus());
    expect((after.usage ?? 0) - (before.usage ?? 0)).toBeGreaterThan(2_900_000);
    expect(after.request).toBe('denied');
  });

  test('a granted request is reported', async ({ page }) => {
    // Grants the permission between `persisted()` and `persist()`: granted earlier, Chromium would already be
    // persistent.
    await page.exposeFunction('personAgrees', () => grant(page, ['durableStorage']));
    await page.addInitScript(() => {
      const { persist } = StorageManager.prototype;
      StorageManager.prototype.persist = async function () {
        await (window as unknown as { personAgrees(): Promise<void> }).personAgrees();
        return persist.call(this);
      };
    });
    await open(page, '/card.html');
    await expect.poll(() => storageOf(page)).toMatchObject({ persisted: true, request: 'granted' });
    await openDetails(page);
    await expect(page.getByTestId('crypto-diagnostics')).toContainText('keeps your encryption keys until you delete');
  });

  test('persist() is not called if the storage is already persistent', async ({ page }) => {
    await countPersist(page);
    await page.goto('/bare.html');
    await grant(page, ['durableStorage']);
    await open(page, '/auto.html');
    await expect.poll(() => storageOf(page)).toMatchObject({ persisted: true, request: 'already' });
    expect(await page.evaluate('persistCalls')).toBe(0);
  });

  test('after a denial, the status is read again when notifications are allowed', async ({ page }) => {
    await open(page, '/auto.html');
    await expect.poll(() => storageOf(page)).toMatchObject({ request: 'denied' });
    await grant(page, ['durableStorage', 'notifications']);
    await expect.poll(() => storageOf(page)).toMatchObject({ persisted: true, request: 'already' });
  });
});

test.describe('missing or broken storage APIs', () => {
  const device = { userId: '@a:hs', deviceId: 'D' };
  const check = (page: Page): Promise<CryptoStoreStatus> =>
    page.evaluate((ids) => window.lib.checkCryptoStore(ids), device);

  for (const [what, script, expected] of [
    ['no IndexedDB', "Object.defineProperty(window, 'indexedDB', { value: undefined })", /no IndexedDB/],
    ['no indexedDB.databases()', 'delete IDBFactory.prototype.databases', /no indexedDB\.databases\(\)/],
    [
      'an indexedDB that throws',
      "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('blocked', 'SecurityError') } })",
      /SecurityError: blocked/,
    ],
    [
      'databases() that answers after 10 s',
      'IDBFactory.prototype.databases = () => new Promise((done) => setTimeout(done, 10_000, []))',
      /no answer within 3 s/,
    ],
    [
      'databases() that gives nonsense',
      "IDBFactory.prototype.databases = () => Promise.resolve('nonsense')",
      /TypeError/,
    ],
  ] as const) {
    test(`with ${what}, the check of the store returns a verdict and the error`, async ({ page }) => {
      await page.addInitScript(script);
      const pageErrors = await open(page, '/auto.html');
      const status = await check(page);
      expect(status).toMatchObject({ verdict: 'first-run', databaseExisted: null });
      expect(status.error).toMatch(expected);
      expect(pageErrors).toEqual([]);
    });
  }

  for (const [what, script, expected] of [
    [
      'a localStorage that throws',
      "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError') } })",
      /SecurityError: blocked/,
    ],
    ['no localStorage', "Object.defineProperty(window, 'localStorage', { value: undefined })", /no localStorage/],
  ] as const) {
    test(`with ${what}, the verdict is unknown`, async ({ page }) => {
      await page.addInitScript(script);
      const pageErrors = await open(page, '/auto.html');
      const status = await check(page);
      expect(status).toMatchObject({ verdict: 'unknown' });
      expect(status.error).toMatch(expected);
      const report = readReport(await page.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
      expect(report.cryptoStore).toMatchObject({ verdict: 'unknown', deviceId: 'D' });
      expect(pageErrors).toEqual([]);
    });
  }

  test('if navigator.storage throws, the request is an error', async ({ page }) => {
    await page.addInitScript(
      "Object.defineProperty(navigator, 'storage', { get() { throw new DOMException('blocked', 'SecurityError') } })",
    );
    const pageErrors = await open(page, '/auto.html');
    expect(await page.evaluate(() => window.lib.requestPersistentStorage())).toMatchObject({
      request: 'error',
      error: 'SecurityError: blocked',
    });
    expect(pageErrors).toEqual([]);
  });

  test('if localStorage is full, the verdict is still returned, with an error that it cannot be stored', async ({
    page,
  }) => {
    await page.addInitScript(() => {
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (let i = 0; i < 100; i++) localStorage.setItem(`ballast ${size} ${i}`, 'x'.repeat(size));
        } catch {
          // No room is left for this size.
        }
      }
    });
    const pageErrors = await open(page, '/auto.html');
    const status = await page.evaluate(() =>
      window.lib.checkCryptoStore({
        getUserId: () => '@a:hs',
        getDeviceId: () => 'D',
        getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'a', curve25519: 'b' }) }),
      }),
    );
    expect(status).toMatchObject({ verdict: 'first-run', identity: 'first-seen' });
    expect(status.error).toMatch(/cannot be written: QuotaExceededError/);
    expect(pageErrors).toEqual([]);
  });

  test('checkCryptoStore does not reject for clients of any shape', async ({ page }) => {
    const pageErrors = await open(page, '/auto.html');
    const statuses = await page.evaluate(async () => {
      const broken = () => {
        throw new Error('broken');
      };
      const ids = { getUserId: () => '@a:hs', getDeviceId: () => 'E' };
      const { checkCryptoStore } = window.lib;
      const clients = [
        {},
        { getUserId: broken },
        { getUserId: () => null, getDeviceId: () => 'E' },
        { ...ids, getCrypto: broken },
        { ...ids, getCrypto: () => ({}) },
        { ...ids, getCrypto: () => ({ getOwnDeviceKeys: broken }) },
        { ...ids, getCrypto: () => ({ getOwnDeviceKeys: () => Promise.reject(new Error('not ready')) }) },
        { ...ids, getCrypto: () => ({ getOwnDeviceKeys: () => 7 }) },
        null,
      ];
      return Promise.all(clients.map((client) => checkCryptoStore(client as Parameters<typeof checkCryptoStore>[0])));
    });
    expect(statuses.map(({ verdict }) => verdict).slice(0, 3)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(statuses.every(({ identity }) => identity === 'not-compared')).toBe(true);
    expect(pageErrors).toEqual([]);
  });

  test('concurrent checks of one device, with and without a client, agree that the database was missing', async ({
    page,
  }) => {
    const keys = { ed25519: 'a', curve25519: 'b' };
    const ask = () =>
      page.evaluate((own) => {
        const { checkCryptoStore } = window.lib;
        const mx = {
          getUserId: () => '@a:hs',
          getDeviceId: () => 'D',
          getCrypto: () => ({ getOwnDeviceKeys: async () => own }),
        };
        return Promise.all([checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }), checkCryptoStore(mx)]);
      }, keys);
    await page.addInitScript(() => {
      const { databases } = IDBFactory.prototype;
      IDBFactory.prototype.databases = async function () {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return databases.call(this);
      };
    });
    const pageErrors = await open(page, '/auto.html');
    await ask();
    // The keys are remembered and the store is missing: a client that answers at once must not hide that.
    await page.reload();
    await page.waitForFunction(() => 'lib' in window);
    const [first, second] = await ask();
    expect(first).toMatchObject({ verdict: 'evicted', databaseExisted: false });
    expect(second).toMatchObject({ databaseExisted: false, identity: 'same', error: null });
    expect(pageErrors).toEqual([]);
  });

  // A client whose encryption runs, checked without a `databasePrefix`: by the card, and for a report.
  const OWN = 'sync@a:hs::matrix-sdk-crypto';
  const USUAL = 'matrix-js-sdk::matrix-sdk-crypto';
  const stores = [
    { databases: [OWN], expected: { database: OWN, databaseExisted: true, verdict: 'healthy', error: null } },
    {
      databases: [OWN, `${OWN}-meta`, 'sync@a:hs'],
      expected: { database: OWN, databaseExisted: true, verdict: 'healthy' },
    },
    {
      databases: [OWN, 'sync@b:hs::matrix-sdk-crypto'],
      expected: { database: OWN, databaseExisted: true, verdict: 'healthy' },
    },
    { databases: [USUAL, OWN], expected: { database: USUAL, databaseExisted: true, verdict: 'healthy' } },
    {
      databases: ['one::matrix-sdk-crypto', 'two::matrix-sdk-crypto'],
      expected: { databaseExisted: null, verdict: 'healthy', error: expect.stringContaining('databasePrefix') },
    },
    // Deleted while no page ran; the SDK has created it again.
    {
      databases: [OWN],
      isDeleted: true,
      expected: { database: OWN, databaseExisted: false, verdict: 'identity-changed' },
    },
    {
      databases: [USUAL],
      isDeleted: true,
      expected: { database: USUAL, databaseExisted: false, verdict: 'identity-changed' },
    },
  ];
  for (const { databases, isDeleted = false, expected } of stores) {
    test(`without databasePrefix, the client's database is found: ${databases.join(', ')}${isDeleted ? ', deleted' : ''}`, async ({
      page,
    }) => {
      const collect = (key: string) =>
        page.evaluate(
          async ([names, own]) => {
            for (const name of names) {
              await new Promise((resolve, reject) => {
                const opening = indexedDB.open(name);
                opening.onsuccess = () => resolve(opening.result.close());
                opening.onerror = reject;
              });
            }
            const verdicts = new Set<unknown>();
            window.lib.subscribe(() => verdicts.add(window.lib.getSnapshot().cryptoStore?.verdict));
            const json = await window.lib.collectCryptoDiagReport({
              getUserId: () => '@a:hs',
              getDeviceId: () => 'D',
              getCrypto: () => ({
                // Takes a while; until then, the status must not say anything false.
                getOwnDeviceKeys: () =>
                  new Promise((resolve) => setTimeout(resolve, 500, { ed25519: own, curve25519: own })),
              }),
            });
            return { json, verdicts: [...verdicts] };
          },
          [databases, key] as const,
        );
      const pageErrors = await open(page, '/auto.html');
      await collect('first');
      await page.goto('/bare.html');
      if (isDeleted)
        await page.evaluate((names) => names.map((name) => indexedDB.deleteDatabase(name) && name), databases);
      await open(page, '/auto.html');
      const { json, verdicts } = await collect(isDeleted ? 'other' : 'first');
      expect(readReport(json).cryptoStore).toMatchObject(expected);
      if (!isDeleted) expect(verdicts).not.toContain('evicted');
      expect(pageErrors).toEqual([]);
    });
  }

  test('checkCryptoStore creates no database', async ({ page }) => {
    await open(page, '/auto.html');
    await check(page);
    const names = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    // The library may have stored evidence in its own database.
    expect(names.filter((name) => name !== 'lotus-crypto-diag')).toEqual([]);
  });
});
