// The button that lets an upload through while key uploads are answered locally: on the card, and in the recovery
// prompt.
import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

/** Uploads a one-time key of the device; returns whether the request was sent. */
const upload = (page: Page, answer: 'refuse' | 'accept' = 'refuse') =>
  page.evaluate(
    async (accept) => {
      const key = { key: 'a', signatures: { '@a:hs': { 'ed25519:D': 'sig' } } };
      const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': key } });
      const spared = () => window.lib.getSnapshot().uploadLoop.spared;
      const before = JSON.parse(window.lib.buildCryptoDiagReport()).uploadLoop.spared;
      await (await fetch(`/refuse/_matrix/client/v3/keys/upload${accept}`, { method: 'POST', body })).text();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return spared() === before;
    },
    answer === 'accept' ? '?accept' : '',
  );

async function loop(page: Page) {
  for (let i = 0; i < 3; i++) expect(await upload(page)).toBe(true);
  expect(await upload(page)).toBe(false);
}

const cardOf = (page: Page) => page.getByTestId('crypto-diagnostics');
const promptOf = (page: Page) => page.getByTestId('crypto-recovery');
const EXPLAINED = 'Repeated uploads of these keys are answered locally. This sends the next one to the server, once.';

test('without an upload loop, there is no retry button', async ({ page }) => {
  await open(page, '/recovery.html');
  await upload(page);
  await expect(cardOf(page)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again now' })).toHaveCount(0);
});

test('with breaker: false, there is no retry button in a loop', async ({ page }) => {
  await open(page, '/card.html');
  await page.evaluate(() => void window.lib.watchKeyUploads({ breaker: false }));
  for (let i = 0; i < 4; i++) expect(await upload(page)).toBe(true);
  await expect(cardOf(page).getByRole('alert')).toContainText('again and again');
  await expect(page.getByRole('button', { name: 'Try again now' })).toHaveCount(0);
});

for (const place of ['card', 'prompt'] as const) {
  test(`on the ${place}, the retry button lets one upload through and shows its outcome`, async ({ page }) => {
    const pageErrors = await open(page, '/recovery.html');
    await loop(page);
    if (place === 'prompt') await promptOf(page).getByRole('button', { name: 'How to fix it' }).click();
    const box = place === 'card' ? cardOf(page) : promptOf(page);
    const button = box.getByRole('button', { name: 'Try again now' });
    await expect(box.getByText(EXPLAINED)).toBeVisible();

    await button.press('Enter');
    await expect(box.getByText('The next upload of keys goes to the server.')).toBeVisible();
    await expect(button).toHaveAttribute('aria-disabled', 'true');
    await expect(button).toBeFocused();
    expect(await upload(page)).toBe(true);
    await expect(box.getByText('The server refused the keys again.')).toBeVisible();
    // Only one upload is let through.
    expect(await upload(page)).toBe(false);

    await expect(button).toHaveAttribute('aria-disabled', 'false');
    await button.press('Enter');
    expect(await upload(page, 'accept')).toBe(true);
    if (place === 'card') {
      await expect(box.getByText('The server accepts the keys of this device again.').first()).toBeVisible();
      await expect(button).toBeFocused();
      await expect(button).toHaveAttribute('aria-disabled', 'true');
    }
    await expect(promptOf(page)).toBeHidden();
    expect(pageErrors).toEqual([]);
  });
}

test('the outcome of a retry is not shown for the next loop', async ({ page }) => {
  await open(page, '/card.html');
  await loop(page);
  const card = cardOf(page);
  await card.getByRole('button', { name: 'Try again now' }).click();
  expect(await upload(page, 'accept')).toBe(true);
  await expect(card).toContainText('The server accepts the keys of this device again.');
  await loop(page);
  await expect(card).toContainText(EXPLAINED);
  await expect(card.getByRole('button', { name: 'Try again now' })).toHaveAttribute('aria-disabled', 'false');
});

for (const width of [360, 1280]) {
  test(`at ${width} px the retry button does not make the page scroll sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 640 });
    await open(page, '/recovery.html');
    await loop(page);
    await promptOf(page).getByRole('button', { name: 'How to fix it' }).click();
    for (const box of [promptOf(page), cardOf(page)]) {
      await expect(box.getByRole('button', { name: 'Try again now' })).toBeVisible();
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}
