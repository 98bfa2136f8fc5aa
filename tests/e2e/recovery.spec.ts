import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

const refuse = (page: Page, times = 3) =>
  page.evaluate(async (count) => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': {} } });
    for (let i = 0; i < count; i++) await fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
  }, times);

const promptOf = (page: Page) => page.getByRole('region', { name: 'The encryption of this device is broken' });

test('nothing is shown while nothing is wrong', async ({ page }) => {
  await open(page, '/recovery.html');
  await expect(page.getByTestId('crypto-diagnostics')).toBeVisible();
  await expect(promptOf(page)).toBeHidden();
});

test('a client that does not say whether the history is safe counts as one that is not', async ({ page }) => {
  const escaped = await open(page, '/recovery.html');
  await refuse(page);
  const prompt = promptOf(page);
  await expect(prompt).toContainText('Some of your message history may become unreadable for ever.');
  await expect(prompt).toContainText('It is not known whether there is a key backup.');
  await prompt.getByLabel('Passphrase').fill('a long passphrase');
  await prompt.getByRole('button', { name: 'Save the keys first' }).click();
  await expect(prompt).toContainText('The keys could not be saved: this version of the SDK gives no encrypted export');
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await expect(reset).toHaveAttribute('aria-disabled', 'true');
  await prompt.getByRole('checkbox').check();
  await reset.click();
  await expect.poll(() => page.evaluate(() => window.logouts)).toBe(1);
  expect(escaped).toEqual([]);
});

test('a passphrase that is too short is said to be so at its field, and one that has done its work is gone', async ({
  page,
}) => {
  await open(page, '/recovery.html?export');
  await refuse(page);
  const prompt = promptOf(page);
  const field = prompt.getByLabel('Passphrase');
  await field.fill('short');
  await prompt.getByRole('button', { name: 'Save the keys first' }).press('Enter');
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription('At least 8 characters, please.');
  await field.fill('a long passphrase');
  await expect(field).toHaveAttribute('aria-invalid', 'false');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toMatch(/^room-keys-.*\.txt$/);
  await expect(prompt).toContainText('Saved as room-keys-');
  await expect(field).toHaveValue('');
});

test('a logout that hangs is told of after half a minute, is called once, and can be put off', async ({ page }) => {
  await page.clock.install();
  await open(page, '/recovery.html?hang');
  await refuse(page);
  await page.clock.runFor(1000);
  const prompt = promptOf(page);
  await prompt.getByRole('checkbox').check();
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await reset.click();
  await reset.click({ force: true });
  await page.clock.runFor(31_000);
  await expect(prompt).toContainText('Logging out takes unusually long.');
  await expect(prompt).toContainText('Do not clear the data of this site');
  await reset.click({ force: true });
  expect(await page.evaluate(() => window.logouts)).toBe(1);
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();
});

test('a logout that fails is told of, and can be tried again or put off', async ({ page }) => {
  await open(page, '/recovery.html?fail');
  await refuse(page);
  const prompt = promptOf(page);
  await prompt.getByRole('checkbox').check();
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  for (let tries = 1; tries <= 2; tries++) {
    await reset.click();
    await expect(prompt).toContainText('Logging out failed: the server said no');
    await expect.poll(() => page.evaluate(() => window.logouts)).toBe(tries);
  }
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();
});

test('a logout that fails stops the client: what it said before holds, and it can be tried again', async ({ page }) => {
  await page.clock.install();
  await open(page, '/recovery.html?safe&fail');
  await refuse(page);
  await page.clock.runFor(1000);
  const prompt = promptOf(page);
  await expect(prompt).toContainText('nothing will be lost');
  for (let tries = 1; tries <= 2; tries++) {
    await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
    await expect(prompt).toContainText('Logging out failed: the server said no');
    // It has looked again, and got no answer.
    await page.clock.runFor(10_000);
    await expect(prompt).toContainText('nothing will be lost');
    expect(await page.evaluate(() => window.logouts)).toBe(tries);
  }
});

test('after the logout the loop is over, though the page goes on', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  const prompt = promptOf(page);
  await prompt.getByRole('checkbox').check();
  await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
  await expect(prompt).toBeHidden();
  await expect(page.getByTestId('upload-loop')).toBeHidden();
  // The new device is not held back by what was refused of the old one.
  await refuse(page, 1);
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().uploadLoop.refusals)).toBe(1);
});

test('not now keeps it away over a reload, until the day is over', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  await promptOf(page).getByRole('button', { name: 'Not now' }).click();
  await expect(promptOf(page)).toBeHidden();
  await open(page, '/recovery.html');
  await refuse(page);
  await expect(page.getByTestId('upload-loop')).toContainText('again and again');
  await expect(promptOf(page)).toBeHidden();
  await page.clock.install({ time: Date.now() + 25 * 3_600_000 });
  await open(page, '/recovery.html');
  await refuse(page);
  await page.clock.runFor(1000);
  await expect(promptOf(page)).toBeVisible();
});

test('not now holds until the verdict changes: a loop that comes back is news', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  await promptOf(page).getByRole('button', { name: 'Not now' }).click();
  await expect(promptOf(page)).toBeHidden();
  await page.evaluate(async () => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:other': {} } });
    await fetch('/accept/_matrix/client/v3/keys/upload', { method: 'POST', body });
  });
  await expect(page.getByTestId('upload-loop')).toContainText('accepts the keys of this device again');
  await refuse(page);
  await expect(promptOf(page)).toBeVisible();
});

test('a screen reader is told what happened, and whether something is lost; the keys to copy have names', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/recovery.html');
  await refuse(page);
  await expect(promptOf(page)).toMatchAriaSnapshot(`
    - region "The encryption of this device is broken":
      - alert:
        - heading "The encryption of this device is broken" [level=2]
        - paragraph: /The server refuses .* This app has tried again and again. New messages may stay unreadable for you/
      - status:
        - paragraph: Some of your message history may become unreadable for ever.
        - paragraph: It is not known whether there is a key backup.
      - text: Passphrase for the file with your keys
      - textbox "Passphrase for the file with your keys"
      - button "Save the keys first"
      - checkbox "I have saved the keys, or I accept that these messages stay unreadable."
      - button "Reset encryption on this device (log out and back in)" [disabled]
      - button "Not now"
  `);
  const card = page.getByTestId('upload-loop');
  await expect(card).toContainText('signed_curve25519:AAAAAAAAAA0');
  await expect(card).toContainText('1jUDA9fEGLDl…OjmED4');
  await card.getByRole('button', { name: 'Copy: Key on the server' }).focus();
  await page.keyboard.press('Enter');
  await expect(card.getByRole('button', { name: 'Copied: Key on the server' })).toBeFocused();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe('1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4');
});

/** Another client in this page, whose device comes back with other keys. `logOut` does as the SDK, when its token is refused. */
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

test('the fault of another device is not told of this one', async ({ page }) => {
  await open(page, '/recovery.html');
  const signed = (device: string) => `{"key":"a","signatures":{"@a:hs":{"ed25519:${device}":"sig"}}}`;
  const refuseTo = (device: string) =>
    page.evaluate((key) => {
      const words = `One time key a:B already exists. Old key: ${key}; new key: ${key}`;
      for (let i = 0; i < 3; i++) console.error(`MatrixError: [400] ${words}`);
    }, signed(device));
  await refuseTo('OTHER');
  await expect(page.getByTestId('upload-loop')).toContainText('again and again');
  expect(await found(page)).toMatchObject({ reason: 'upload-loop', deviceId: 'OTHER' });
  await expect(promptOf(page)).toBeHidden();
  await refuseTo('D');
  await expect(promptOf(page)).toBeVisible();
});

test('keys that changed are told of the device that has them, until it is logged out for good', async ({ page }) => {
  await open(page, '/recovery.html');
  expect(await changeKeys(page, 'OTHER')).toBe('identity-changed');
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toContainText('came back with others');
  expect(await found(page)).toMatchObject({ reason: 'identity-changed', deviceId: 'OTHER' });
  await expect(promptOf(page)).toBeHidden();
  expect(await changeKeys(page, 'D')).toBe('identity-changed');
  await expect(promptOf(page)).toContainText('This browser lost the encryption keys');
  await page.evaluate(() => window.logOut?.(true));
  expect(await found(page)).toMatchObject({ deviceId: 'D' });
  await page.evaluate(() => window.logOut?.(false));
  await expect(promptOf(page)).toBeHidden();
});
