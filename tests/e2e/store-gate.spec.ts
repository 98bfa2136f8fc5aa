// The check of a crypto store before the client starts. A user who is stopped there cannot use the app, so every
// doubtful case must pass.
import { expect, type Page, test } from '@playwright/test';

const USUAL = 'matrix-js-sdk::matrix-sdk-crypto';
const marker = (database: string) => ({
  key: `lotus-crypto-diag/device/${encodeURIComponent(database)}/${encodeURIComponent('@a:hs')}/D`,
  text: JSON.stringify({
    schema: 1,
    ed25519: 'ed',
    curve25519: 'curve',
    since: '2026-11-01T00:00:00.000Z',
    lastHealthy: '2026-11-02T00:00:00.000Z',
    databaseSeen: '2026-11-01T00:00:00.000Z',
    lost: null,
    changed: null,
  }),
});

/** Prepares the browser's storage, then reloads the page and checks the store. */
async function isStopped(
  page: Page,
  { remembered = USUAL, databases = [] as string[], broken = '', options = {} },
): Promise<boolean> {
  await page.goto('bare.html');
  await page.evaluate(
    async ([{ key, text }, names]) => {
      localStorage.clear();
      localStorage.setItem(key, text);
      for (const name of names) {
        await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result.close());
          request.onerror = reject;
        });
      }
    },
    [marker(remembered), databases] as const,
  );
  if (broken) await page.addInitScript(broken);
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  await page.goto('auto.html');
  const { keysDeleted } = await page.evaluate(
    (checkOptions) => window.lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }, checkOptions),
    options,
  );
  expect(faults).toEqual([]);
  return keysDeleted;
}

test('a remembered store that is neither listed nor can be opened counts as deleted, and the check creates none', async ({
  page,
}) => {
  expect(await isStopped(page, {})).toBe(true);
  const names = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  // The library may have stored evidence in its own database.
  expect(names.filter((name) => name !== 'lotus-crypto-diag')).toEqual([]);
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'store-lost' });
  // Checked again by a client that runs with other keys, the store no longer stops the app.
  const again = await page.evaluate(() =>
    window.lib.checkCryptoStore({
      getUserId: () => '@a:hs',
      getDeviceId: () => 'D',
      getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'new', curve25519: 'new' }) }),
    }),
  );
  expect(again).toMatchObject({ verdict: 'identity-changed', keysDeleted: false });
});

const DOUBTFUL: [why: string, setup: Parameters<typeof isStopped>[1]][] = [
  ['it is there', { databases: [USUAL] }],
  ['another store is there, and the host named none', { databases: ['other::matrix-sdk-crypto'] }],
  ['another prefix was remembered', { remembered: 'other::matrix-sdk-crypto' }],
  ['the host names a prefix that nobody remembers', { options: { databasePrefix: 'other' } }],
  ['the session is younger than the marker', { options: { loggedInAt: Date.parse('2026-11-03') } }],
  ['databases() is missing', { broken: 'IDBFactory.prototype.databases = undefined' }],
  ['databases() throws', { broken: "IDBFactory.prototype.databases = () => { throw new Error('no') }" }],
  ['databases() rejects', { broken: "IDBFactory.prototype.databases = () => Promise.reject(new Error('no'))" }],
  ['databases() never answers', { broken: 'IDBFactory.prototype.databases = () => new Promise(() => {})' }],
  ['databases() gives nonsense', { broken: 'IDBFactory.prototype.databases = async () => 7' }],
  ['the list is wrong', { databases: [USUAL], broken: 'IDBFactory.prototype.databases = async () => []' }],
  ['open() throws', { broken: "IDBFactory.prototype.open = () => { throw new Error('no') }" }],
  ['open() never answers', { broken: 'IDBFactory.prototype.open = () => new EventTarget()' }],
  ['open() gives nonsense', { broken: 'IDBFactory.prototype.open = () => undefined' }],
  [
    'localStorage is blocked',
    { broken: "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })" },
  ],
  ['there is no IndexedDB', { broken: "Object.defineProperty(window, 'indexedDB', { value: undefined })" }],
];
for (const [why, setup] of DOUBTFUL) {
  test(`the user is not stopped if ${why}`, async ({ page }) => {
    expect(await isStopped(page, setup)).toBe(false);
  });
}

test('collecting a report does not make the check remember a store that never existed', async ({ page }) => {
  await page.goto('bare.html');
  await page.evaluate(() => localStorage.clear());
  for (let start = 0; start < 2; start++) {
    await page.goto('auto.html');
    const stopped = await page.evaluate(async () => {
      const ids = { userId: '@a:hs', deviceId: 'D' };
      const { keysDeleted } = await window.lib.checkCryptoStore(ids);
      await window.lib.collectCryptoDiagReport({
        getUserId: () => ids.userId,
        getDeviceId: () => ids.deviceId,
        getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'ed', curve25519: 'curve' }) }),
      });
      return keysDeleted;
    });
    expect(stopped, `start ${start}`).toBe(false);
  }
});
