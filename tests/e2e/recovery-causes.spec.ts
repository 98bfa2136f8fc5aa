// What makes the recovery prompt appear and disappear.
import { expect, type Page, test } from '@playwright/test';

import { DATABASE, deleteDatabase, makeDatabase } from './crypto-database';
import { fixOf, promptOf } from './prompt';
import { open, refuse } from './report';

/**
 * Another client in this page whose device comes back with other keys. `logOut` logs like the SDK when its token is
 * refused.
 */
const changeKeys = (page: Page, deviceId: string) =>
  page.evaluate(async (id) => {
    let key = 'before';
    const listeners = new Map<string, (error: object) => void>();
    const mx = {
      getUserId: () => '@a:hs',
      getDeviceId: () => id,
      getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: key, curve25519: key }) }),
      on: (event: string, listener: (error: object) => void) => listeners.set(event, listener),
    };
    await window.lib.checkCryptoStore(mx);
    key = 'after';
    const { verdict } = await window.lib.checkCryptoStore(mx);
    window.logOut = (isSoft) => listeners.get('Session.logged_out')?.({ data: { soft_logout: isSoft } });
    return verdict;
  }, deviceId);

const found = (page: Page) => page.evaluate(() => window.lib.getSnapshot().recovery);

test('the prompt is not shown for a fault of another device', async ({ page }) => {
  await open(page, '/recovery.html');
  const refuseTo = async (device: string) => {
    const key = `{"key":"a","signatures":{"@a:hs":{"ed25519:${device}":"sig"}}}`;
    const error = `One time key a:B already exists. Old key: ${key}; new key: ${key}`;
    await page.route('**/keys/upload', (route) => route.fulfill({ status: 400, json: { error } }));
    await refuse(page);
  };
  await refuseTo('OTHER');
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toContainText('again and again');
  expect(await found(page)).toMatchObject({ reason: 'upload-loop', deviceId: 'OTHER' });
  await expect(promptOf(page)).toBeHidden();
  await refuseTo('D');
  await expect(promptOf(page)).toBeVisible();
});

test('changed identity keys raise the prompt for their own device, until it is logged out (not softly)', async ({
  page,
}) => {
  await open(page, '/recovery.html');
  // Once loaded, the card checks the store of its own client; the device checked last counts.
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().cryptoStore?.deviceId)).toBe('D');
  expect(await changeKeys(page, 'OTHER')).toBe('identity-changed');
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toContainText('made new ones');
  expect(await found(page)).toMatchObject({ reason: 'identity-changed', deviceId: 'OTHER' });
  await expect(promptOf(page)).toBeHidden();
  expect(await changeKeys(page, 'D')).toBe('identity-changed');
  await fixOf(page).click();
  await expect(promptOf(page)).toContainText('This browser lost the encryption keys');
  await expect(promptOf(page)).toContainText('This device lost the keys to its earlier messages.');
  await page.evaluate(() => window.logOut?.(true));
  expect(await found(page)).toMatchObject({ deviceId: 'D' });
  await page.evaluate(() => window.logOut?.(false));
  await expect(promptOf(page)).toBeHidden();
});

test('a prompt dismissed for changed keys stays dismissed when the server refuses them, also after a reload', async ({
  page,
}) => {
  await open(page, '/recovery.html');
  expect(await changeKeys(page, 'D')).toBe('identity-changed');
  await promptOf(page).getByRole('button', { name: 'Not now' }).click();
  await expect(promptOf(page)).toBeHidden();
  await refuse(page);
  await expect.poll(async () => (await found(page))?.reason).toBe('upload-loop');
  await expect(page.getByTestId('crypto-diagnostics')).toContainText('again and again');
  await expect(promptOf(page)).toBeHidden();

  await open(page, '/recovery.html');
  expect(await changeKeys(page, 'D')).toBe('identity-changed');
  await refuse(page);
  await expect.poll(async () => (await found(page))?.reason).toBe('upload-loop');
  await expect(page.getByTestId('crypto-diagnostics')).toContainText('again and again');
  await expect(promptOf(page)).toBeHidden();
});

test('the prompt says that keys were lost if they changed and are refused', async ({ page }) => {
  await open(page, '/recovery.html?recovery-key');
  await refuse(page);
  await fixOf(page).click();
  const history = promptOf(page).getByRole('region', { name: 'Your message history' });
  await expect(history).toContainText('logging out loses nothing more');
  await expect(history).not.toContainText('lost the keys');
  expect(await changeKeys(page, 'D')).toBe('identity-changed');
  expect((await found(page))?.reason).toBe('upload-loop');
  await expect(history).toContainText('This device lost the keys to its earlier messages. After you log in again');
});

const makeStore = (page: Page) => page.evaluate(makeDatabase, DATABASE);
const deleteStore = (page: Page) => page.evaluate(deleteDatabase, DATABASE);
/** Logs like the SDK at each sync after the connection to its store was lost. */
const failStore = (page: Page) =>
  page.evaluate(() => {
    const words = "Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.";
    const failed = 'failed to read or write to the crypto store DomException InvalidStateError (11)';
    console.error(`sync Caught /sync error Error: ${failed}: ${words}`);
  });

test('a store deleted while the page is open raises the prompt; a closed connection to it does not', async ({
  page,
}) => {
  await page.goto('/bare.html');
  await makeStore(page);
  await open(page, '/recovery.html');
  const healthy = await page.evaluate(() =>
    window.lib.checkCryptoStore({
      getUserId: () => '@a:hs',
      getDeviceId: () => 'D',
      getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'a', curve25519: 'b' }) }),
    }),
  );
  expect(healthy).toMatchObject({ databaseExisted: true });
  const card = page.getByTestId('crypto-diagnostics');
  await failStore(page);
  await expect(card.getByRole('alert')).toContainText('The connection to the encryption keys of this device was lost.');
  await expect(card.getByRole('alert')).toContainText('Reload this page');
  expect(await found(page)).toBeNull();
  await expect(promptOf(page)).toBeHidden();

  await deleteStore(page);
  // The library asks the browser again, but not for every line.
  await expect(async () => {
    await failStore(page);
    await expect(promptOf(page)).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  expect(await found(page)).toMatchObject({ reason: 'store-lost', deviceId: 'D' });
  await expect(card.getByRole('alert')).toContainText('were deleted from this browser');
  await fixOf(page).click();
  await expect(promptOf(page)).toContainText('The encryption keys of this device were deleted from this browser.');
  await expect(promptOf(page)).toContainText('logging out loses nothing more');
  await expect(promptOf(page).getByLabel('Passphrase')).toBeHidden();
  await promptOf(page)
    .getByRole('button', { name: /^Reset encryption/ })
    .click();
  await expect(promptOf(page)).toBeHidden();
});
