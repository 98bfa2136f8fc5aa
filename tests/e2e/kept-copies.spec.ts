// The second copy of stored evidence, in IndexedDB. It waits for an idle page, but not longer than the page is visible.
import { expect, type Page, test } from '@playwright/test';

import { controlIdleTime } from './idle';
import { REMOVALS } from './removals';

const OURS = 'lotus-crypto-diag';
const LINE = '(id=$one): DecryptionError[msg: no key]';

/** A page that is idle only when the test says so, with a new line in localStorage and not yet in the copy. */
async function openAndStore(page: Page): Promise<void> {
  await controlIdleTime(page);
  await page.goto('/auto.html');
  await page.waitForFunction(() => 'lib' in window);
  await page.evaluate(() => window.lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }));
  await page.evaluate((line) => console.error(line), LINE);
  const store = (line: string) => {
    window.runIdleCallbacks();
    return Object.entries(localStorage).some(([key, text]) => key.includes('/page/') && text.includes(line));
  };
  await expect.poll(() => page.evaluate(store, LINE)).toBe(true);
  expect(await copies(page)).not.toContain(LINE);
}

/** The text of all copies. Does not create the database. */
const copies = (page: Page) =>
  page.evaluate(async (name) => {
    if (!(await indexedDB.databases()).some((database) => database.name === name)) return '';
    return await new Promise<string>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const reading = database.transaction('pages').objectStore('pages').getAll();
        reading.onsuccess = () => {
          database.close();
          resolve(reading.result.join('\n'));
        };
      };
    });
  }, OURS);

test('is written when the page is idle', async ({ page }) => {
  await openAndStore(page);
  await page.evaluate(() => window.runIdleCallbacks());
  await expect.poll(() => copies(page)).toContain(LINE);
});

test('is written when the page is hidden, even if it was never idle', async ({ page }) => {
  await openAndStore(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect.poll(() => copies(page)).toContain(LINE);
});

for (const [name, remove] of Object.entries(REMOVALS)) {
  test(`is not written after ${name}, even if it was waiting`, async ({ page }) => {
    await page.route('**/_matrix/client/v3/logout', (route) => route.fulfill({ json: {} }));
    await openAndStore(page);
    await remove(page);
    await page.evaluate(() => window.runIdleCallbacks());
    // Longer than the library delays storing.
    await page.waitForTimeout(1500);
    await page.evaluate(() => window.runIdleCallbacks());
    await page.waitForTimeout(500);
    expect(await copies(page)).not.toContain('DecryptionError');
  });
}
