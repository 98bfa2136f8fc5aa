import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

const refuse = (page: Page) =>
  page.evaluate(async () => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': {} } });
    for (let i = 0; i < 3; i++) await fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
  });

const promptOf = (page: Page) => page.getByRole('alertdialog', { name: 'The encryption of this device is broken' });

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

test('a logout that hangs is told of after half a minute, and is called once', async ({ page }) => {
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
  await expect(prompt.getByRole('alert')).toContainText('Logging out takes unusually long.');
  await expect(prompt.getByRole('alert')).toContainText('Do not clear the data of this site');
  expect(await page.evaluate(() => window.logouts)).toBe(1);
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
