// What the card shows, and its use by keyboard and screen reader.
import { expect, type Page, test } from '@playwright/test';

import { open, openDetails, refuse } from './report';
import { hang } from './tabs';

const refusal = (id: string) =>
  `[400] One time key signed_curve25519:${id} already exists. Old key: {"key":"abc"}; new key: {'key': 'def'}`;

const log = (page: Page, line: string, times = 1) =>
  page.evaluate(
    ([text, count]) => {
      for (let i = 0; i < count; i++) console.error(text);
    },
    [line, times] as const,
  );

test('the card does not claim that a report was saved if the download fails', async ({ page }) => {
  const pageErrors = await open(page, '/card.html');
  await page.evaluate(() => {
    URL.createObjectURL = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
  });
  const card = page.getByTestId('crypto-diagnostics');
  await card.getByRole('button', { name: 'Download report' }).click();
  await expect(card.getByText('The report could not be saved.')).toHaveCount(1);
  await openDetails(page);
  await card.getByRole('button', { name: 'Start' }).click();
  await card.getByRole('button', { name: 'Stop and download' }).click();
  await expect(card.getByText('The report could not be saved.')).toHaveCount(2);
  await expect(card).not.toContainText('Saved as');
  expect(pageErrors).toEqual([]);
});

test('a new key is not marked as copied, and the copy button keeps the focus', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/card.html');
  await openDetails(page);
  await log(page, refusal('AAAAAAAAAA0'));
  const loop = page.getByTestId('upload-loop');
  await loop.getByRole('button', { name: 'Copy: Key id' }).press('Enter');
  await expect(loop.getByRole('button', { name: 'Copied: Key id' })).toBeFocused();
  await log(page, refusal('AAAAAAAAAA4'));
  await expect(loop).toContainText('AAAAAAAAAA4');
  await expect(loop.getByRole('button', { name: 'Copy: Key id' })).toBeFocused();
});

test('the button that starts and stops a capture session keeps the focus', async ({ page }) => {
  await open(page, '/card.html');
  await openDetails(page);
  const session = page.getByRole('region', { name: 'Capture session' });
  await session.getByRole('button', { name: 'Start' }).press('Enter');
  await expect(session.getByRole('button', { name: 'Stop and download' })).toBeFocused();
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  await downloading;
  await expect(session.getByRole('button', { name: 'Start' })).toBeFocused();
});

test('a screen reader gets the count of a line and the name of the scrollable region', async ({ page }) => {
  await open(page, '/card.html');
  await openDetails(page);
  await log(page, refusal('AAAAAAAAAA0'), 3);
  const entries = page.getByRole('list', { name: 'Latest entries' });
  await entries.locator('summary').press('Enter');
  await expect(entries).toMatchAriaSnapshot(`
    - list "Latest entries":
      - listitem:
        - group:
          - text: KE-1
          - time
          - text: /3 times/
          - region "Full line (KE-1)": /One time key signed_curve25519:AAAAAAAAAA0/
  `);
  await page.keyboard.press('Tab');
  await expect(entries.getByRole('region')).toBeFocused();
});

test('the card shows the number of open tabs only if BroadcastChannel exists', async ({ page }) => {
  const card = page.getByTestId('crypto-diagnostics');
  await open(page, '/card.html');
  await openDetails(page);
  await expect(card).toContainText('One tab of this session is open.');
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'BroadcastChannel'));
  await open(page, '/card.html');
  await openDetails(page);
  await expect(card).toContainText('No signs of faults');
  // `auto` looks at the storage and calls the roll at the same time.
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().storage)).not.toBeNull();
  await expect(card).not.toContainText('of this session');
});

test('the card says that the active tab does not respond, until it responds', async ({ page, context }, testInfo) => {
  const lead = (tab: Page) =>
    tab.evaluate(() => void Object.assign(window, { leadership: window.lib.requestTabLeadership() }));
  await open(page, '/card.html');
  await lead(page);
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().tabs.role)).toBe('leader');
  const second = await context.newPage();
  await open(second, '/card.html');
  await lead(second);
  await openDetails(second);
  const card = second.getByTestId('crypto-diagnostics');
  await expect(card).toContainText('Another tab is active: it uses the encryption keys.');
  await hang(page, 10_000);
  await second.waitForTimeout(300);
  await second.evaluate(() => void window.leadership.takeOver());
  await expect(card).toContainText('The other tab does not respond. Close it, and this one takes over at once.');
  for (const width of [360, 1280]) {
    await second.setViewportSize({ width, height: 800 });
    await second.screenshot({ path: testInfo.outputPath(`silent-${width}.png`) });
  }
  await expect(card).toContainText('This tab is active', { timeout: 15_000 });
  await expect(card).not.toContainText('does not respond');
});

test('an embedded card has a title but no frame', async ({ page }) => {
  const padding = async (path: string) => {
    await open(page, path);
    const card = page.getByRole('region', { name: 'Encryption Diagnostics' });
    return card.evaluate((element) => (element as HTMLElement).style.padding);
  };
  expect(await padding('/card.html')).not.toBe('');
  expect(await padding('/card.html?embedded')).toBe('');
});

test('if the code of the card cannot be loaded, a message says so and the page throws no error', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.route(/Card-.*\.js/, (route) => route.abort());
  await page.goto('/card.html');
  await expect(page.getByText('could not be loaded. Reload this page.')).toBeVisible();
  expect(errors).toEqual([]);
});

test('the diagnosis module is loaded by the details and by saving a report, not by the card alone', async ({
  page,
}) => {
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  const isDiagnosis = (path: string) => path.includes('diagnosis');
  await open(page, '/card.html');
  const card = page.getByTestId('crypto-diagnostics');
  await refuse(page);
  await expect(card.getByRole('alert')).toContainText('again and again');
  await page.waitForLoadState('networkidle');
  expect(loaded.filter(isDiagnosis)).toEqual([]);

  await openDetails(page);
  await expect(card.getByRole('region', { name: 'Diagnosis' })).toContainText('different one-time keys');
  expect(loaded.filter(isDiagnosis).length).toBeGreaterThan(0);

  loaded.length = 0;
  await open(page, '/card.html');
  expect(loaded.filter(isDiagnosis)).toEqual([]);
  const downloading = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Download report' }).click();
  await downloading;
  expect(loaded.filter(isDiagnosis).length).toBeGreaterThan(0);
});

for (const width of [360, 1280]) {
  test(`at ${width} px the count and the download button are beside the title, or below it if there is no room`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(page, '/card.html');
    const card = page.getByTestId('crypto-diagnostics');
    const places = [
      card.getByRole('heading', { name: 'Encryption diagnostics' }),
      card.getByText('No signs of faults'),
      card.getByRole('button', { name: 'Download report' }),
      card.getByRole('button', { name: 'Details' }),
    ];
    const [title, count, download, details] = await Promise.all(
      places.map(async (place) => (await place.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }),
    );
    if (!title || !count || !download || !details) throw new Error('a part of the card is missing');
    if (width > 1000) expect(download.x + download.width).toBeGreaterThan(width - 100);
    else expect(download.y).toBeGreaterThan(title.y + title.height);
    expect(count.x).toBeLessThan(download.x);
    expect(Math.abs(count.y + count.height / 2 - download.y - download.height / 2)).toBeLessThan(2);
    expect(details.y).toBeGreaterThan(download.y + download.height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await openDetails(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}

test('the keyboard reaches the download button first, then the details, whose button has aria-expanded', async ({
  page,
}) => {
  await open(page, '/card.html');
  await log(page, refusal('AAAAAAAAAA0'));
  const card = page.getByTestId('crypto-diagnostics');
  const details = card.getByRole('button', { name: 'Details' });
  await expect(card.getByText('1 sign of a fault')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(card.getByRole('button', { name: 'Download report' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(details).toBeFocused();
  await expect(details).toHaveAttribute('aria-expanded', 'false');
  await expect(card.getByRole('list', { name: 'Latest entries' })).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(details).toHaveAttribute('aria-expanded', 'true');
  await expect(card.getByRole('region', { name: 'Details' })).toContainText('one-time keys refused');
  await page.keyboard.press('Tab');
  await expect(card.getByRole('button', { name: 'Copy: Key id' })).toBeFocused();
  await details.press('Space');
  await expect(card.getByRole('region', { name: 'Details' })).toBeHidden();
});

test('the card shows an upload loop without opening the details', async ({ page }) => {
  await open(page, '/card.html');
  await refuse(page);
  const card = page.getByTestId('crypto-diagnostics');
  await expect(card.getByRole('alert')).toContainText('The server refuses the keys of this device again and again.');
  await expect(card.getByRole('alert')).toBeInViewport();
  await openDetails(page);
  await expect(card.getByRole('alert')).toHaveCount(1);
});
