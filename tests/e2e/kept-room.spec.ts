// Room for a record of evidence is made in an idle moment of its own, and the record is written in the next.
import { expect, type Page, test } from '@playwright/test';

import { controlIdleTime } from './idle';
import { REMOVALS } from './removals';

const LINE = '(id=$one): DecryptionError[msg: no key]';
const FOLDER = 'lotus-crypto-diag/page/%40a%3Ahs/D/';
/** Cannot be read, so it is removed when room is made. */
const UNREADABLE = `${FOLDER}18c0000000-00000001`;

/** Opens a page with a new line, up to the moment between the two. */
async function openAndMakeRoom(page: Page): Promise<void> {
  await page.route('**/_matrix/client/v3/logout', (route) => route.fulfill({ json: {} }));
  await controlIdleTime(page);
  await page.goto('/auto.html');
  await page.waitForFunction(() => 'lib' in window);
  await page.evaluate((key) => localStorage.setItem(key, 'no record'), UNREADABLE);
  await page.evaluate(() => window.lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }));
  await page.evaluate((line) => console.error(line), LINE);
  await expect
    .poll(async () => {
      await page.evaluate(() => window.runIdleCallbacks());
      return keys(page);
    })
    .toEqual([]);
}

const keys = (page: Page) =>
  page.evaluate((folder) => Object.keys(localStorage).filter((key) => key.startsWith(folder)), FOLDER);
const stored = (page: Page) => page.evaluate(() => Object.values(localStorage).join());

test('the record is written in the next idle moment', async ({ page }) => {
  await openAndMakeRoom(page);
  await page.evaluate(() => window.runIdleCallbacks());
  expect(await stored(page)).toContain(LINE);
});

test('the record is written at once if the page is hidden in between', async ({ page }) => {
  await openAndMakeRoom(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  expect(await stored(page)).toContain(LINE);
});

for (const [name, remove] of Object.entries(REMOVALS)) {
  test(`nothing is written after ${name} in between`, async ({ page }) => {
    await openAndMakeRoom(page);
    await remove(page);
    // Twice, with more than the shortest time between two writes.
    for (let moment = 0; moment < 2; moment++) {
      await page.evaluate(() => window.runIdleCallbacks());
      await page.waitForTimeout(1500);
    }
    expect(await stored(page)).not.toContain('DecryptionError');
  });
}
