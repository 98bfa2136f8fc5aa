// Only the homeserver's data: a log and database answers, without any user's report.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { expect, type Page, test } from '@playwright/test';

import { writeRecordedLog } from '../bench/recorded-log.mjs';
import { drop, dropped, fileItem, fixture, openViewer } from './viewer';

const log = fixture('viewer/homeserver.log');
const rows =
  'user_id,device_id,one_time_keys,keys_of_before,keys_changed_at,fallback_used,waiting,last_seen,user_agent\n' +
  '@deaf:lab.local,DEAF,50,50,2026-11-25T09:00:00.000Z,f,0,2026-11-25T09:30:00.000Z,Firefox/153.0\n';

const line =
  '2026-11-25 09:00:00,000 - x - 1 - INFO - GET-1 - 10.0.0.1 - 8008 - {@a:hs} Processed request: 0.010sec/0.000sec ru=(0.001sec, 0.000sec) db=(0.000sec/0.000sec/0) 5B 200 "GET /_matrix/client/versions HTTP/1.1" "-" [0 dbevts]\n';

const card = (page: Page) => page.getByRole('region', { name: 'Devices in trouble' }).first();
const bodyRows = (page: Page) => page.getByTestId('survey').locator('tbody tr');

async function saved(page: Page, button: string): Promise<string> {
  const download = page.waitForEvent('download');
  await card(page).getByRole('button', { name: button }).click();
  return readFileSync(await (await download).path(), 'utf8');
}

test('a log alone gives a table of devices in trouble that can be filtered, sorted and opened', async ({ page }) => {
  const pageErrors = await openViewer(page);
  await drop(page, dropped('homeserver.log', log));
  await expect(bodyRows(page)).toHaveCount(3);
  await expect(bodyRows(page).first()).toContainText('Key uploads refused (blank crypto store)');
  await expect(card(page).getByRole('img', { name: /requests in trouble/ })).toBeVisible();
  await drop(page, dropped('at-risk.csv', rows));
  await expect(bodyRows(page)).toHaveCount(4);

  await page.getByLabel('Only this user').fill('deaf');
  await expect(bodyRows(page)).toHaveCount(1);
  await expect(card(page).getByText('1 of 4 devices')).toBeVisible();
  await page.getByLabel('Only this user').fill('');
  const byUser = page.getByRole('button', { name: 'User and device' });
  await byUser.focus();
  await page.keyboard.press('Enter');
  await expect(bodyRows(page).first()).toContainText('@deaf:lab.local');
  await expect(page.getByRole('columnheader', { name: 'User and device' })).toHaveAttribute('aria-sort', 'ascending');

  await bodyRows(page).nth(1).getByRole('button').click();
  const story = page.getByRole('region', { name: /^Story of @/ });
  await expect(story.getByRole('heading').first()).toBeFocused();
  await expect(story).toContainText('always the same key');
  await expect(story).toContainText('signed_curve25519:AAAAAAAAAA0');
  await expect(story).toContainText('The log names this device.');
  expect(pageErrors).toEqual([]);
});

test('the worker sends the first 200 of many devices, others on request, and one story at a time', async ({ page }) => {
  await page.addInitScript(() => {
    const workerMessages: string[] = [];
    Object.assign(window, { workerMessages });
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener('message', ({ data }) => workerMessages.push(JSON.stringify(data)));
      }
    };
  });
  const hasReceived = (words: string) =>
    page.evaluate(
      (words) =>
        (window as unknown as { workerMessages: string[] }).workerMessages.some((text) => text.includes(words)),
      words,
    );
  await openViewer(page);
  const device = (nth: number) =>
    `@user${nth}:lab.local,D${nth},50,${1000 - nth},2026-11-25T09:00:00.000Z,f,0,2026-11-25T09:30:00.000Z,Firefox/153.0\n`;
  const [head = ''] = rows.split('\n');
  await drop(page, dropped('at-risk.csv', `${head}\n${Array.from({ length: 300 }, (_, nth) => device(nth)).join('')}`));
  await expect(bodyRows(page)).toHaveCount(200);
  await expect(card(page)).toContainText('And 100 more');
  expect(await hasReceived('@user299:')).toBe(false);
  expect(await hasReceived('from before the keys of the device changed')).toBe(false);

  await page.getByLabel('Only this user').fill('user299');
  await expect(card(page).getByText('1 of 300 devices')).toBeVisible();
  await bodyRows(page).first().getByRole('button').click();
  await expect(page.getByRole('region', { name: 'Story of @user299:lab.local D299' })).toContainText(
    'from before the keys',
  );
  // The filter and the opened story stay when new data arrives.
  await drop(page, dropped('homeserver.log', log));
  await expect(card(page).getByText('1 of 303 devices')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Story of @user299:lab.local D299' })).toBeVisible();
  await bodyRows(page).first().getByRole('button').click();
  await expect(page.getByRole('region', { name: /^Story of/ })).toHaveCount(0);
});

test('unused lines of a log are counted', async ({ page }) => {
  await openViewer(page);
  await drop(
    page,
    dropped('homeserver.log', `${log}2026-11-25 09:59:00,000 INFO x GET-1 Processed request: 0.0\nzero \0\n`),
  );
  await expect(card(page)).toContainText(
    /lines of the logs were not used: .*1 cut, or not in Synapse's form, 1 with zeros/,
  );
});

test('a device of the survey links to its dropped report', async ({ page }) => {
  await openViewer(page);
  await drop(page, dropped('homeserver.log', log));
  const first = bodyRows(page).first().getByRole('button');
  const [userId = '', deviceId = ''] = (await first.innerText()).split('\n');
  const at = '2026-11-25T09:24:00.000Z';
  const counts = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
  const report = {
    schema: 'lotus-crypto-diag/1',
    generatedAt: at,
    capturingSince: at,
    counts,
    entries: [],
    userId,
    deviceId,
  };
  await first.click();
  await expect(page.getByRole('button', { name: /^Show its report/ })).toHaveCount(0);
  await drop(page, dropped('report.json', JSON.stringify(report)));
  await page.getByRole('button', { name: 'Show its report of 2026-11-25 09:24:00 UTC' }).click();
  await expect(page.getByTestId('finding-otk-divergence')).toBeInViewport();
});

test('the CSV export has no formulas, and the redacted copy has no user, device or server', async ({ page }) => {
  await openViewer(page);
  await drop(page, dropped('at-risk.csv', rows.replaceAll('DEAF', '=cmd|A1')));
  await expect(bodyRows(page)).toHaveCount(1);
  expect(await saved(page, 'Save CSV')).toContain("'@deaf:lab.local,'=cmd|A1,");
  expect(await saved(page, 'Save Markdown')).toContain('&#64;deaf:lab.local');
  const redacted = await saved(page, 'Save redacted copy');
  expect(redacted).toContain('@user-1:server-1.invalid');
  expect(redacted).not.toMatch(/deaf|lab\.local|cmd/);
});

test('for a log without trouble, the survey says that none was found', async ({ page }) => {
  await openViewer(page);
  await drop(page, dropped('homeserver.log', line));
  await expect(fileItem(page, 'homeserver.log')).toContainText('1 timed request');
  await expect(card(page)).toContainText('None found.');
});

for (const [name, write] of [
  ['large.log', (path: string) => writeRecordedLog(path, 60)],
  // Smaller than one chunk of the reader.
  ['packed.log.gz', (path: string) => writeFileSync(path, gzipSync(Buffer.alloc(100e6, line)))],
] as const) {
  test(`while ${name} is read, the page keeps its content; a cancelled file changes nothing`, async ({
    page,
  }, testInfo) => {
    const path = testInfo.outputPath(name);
    write(path);
    const pageErrors = await openViewer(page);
    await drop(page, dropped('homeserver.log', log));
    await expect(bodyRows(page)).toHaveCount(3);
    const before = await card(page).innerText();
    const plot = await page.getByTestId('latency-plot').locator('canvas').elementHandle();

    await page.getByLabel('Files to read').setInputFiles(path);
    const progress = fileItem(page, name).getByText(/^Read: /);
    const seen = new Set<string>();
    await expect
      .poll(async () => seen.add(await progress.innerText()).size, { intervals: [20], timeout: 30_000 })
      .toBeGreaterThan(3);
    // The page must not redraw the plot: that takes a while.
    expect(await plot?.evaluate((canvas) => canvas.isConnected)).toBe(true);
    await page.getByRole('button', { name: `Cancel ${name}` }).click();
    await expect(fileItem(page, name)).toContainText('Cancelled.');
    expect(await card(page).innerText()).toBe(before);
    await drop(page, dropped('at-risk.csv', rows));
    await expect(bodyRows(page)).toHaveCount(4);
    expect(pageErrors).toEqual([]);
  });
}

test('at 360 px the table has a scroll shadow and can be scrolled by keyboard', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 900 });
  await openViewer(page);
  await drop(page, dropped('homeserver.log', log));
  expect((await page.getByLabel('Only this user').boundingBox())?.width).toBeGreaterThan(250);
  const region = card(page).getByRole('region', { name: 'Devices in trouble' });
  // A shadow at each side, and over each shadow a cover that hides it while there is nothing more to scroll to.
  const { backgroundAttachment, backgroundImage } = await region.evaluate((element) => {
    const { backgroundAttachment, backgroundImage } = getComputedStyle(element);
    return { backgroundAttachment, backgroundImage };
  });
  expect(backgroundAttachment).toBe('local, local, scroll, scroll');
  expect(backgroundImage).toContain(await card(page).evaluate((element) => getComputedStyle(element).backgroundColor));
  const scrolled = () => region.evaluate(({ scrollLeft }) => scrollLeft);
  expect(await scrolled()).toBe(0);
  await page.getByLabel('Only this user').focus();
  for (let nth = 0; nth < 4; nth++) await page.keyboard.press('Tab');
  await expect(region).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect.poll(scrolled).toBeGreaterThan(0);
});

for (const width of [360, 1280]) {
  test(`at ${width} px the survey does not make the page scroll sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await openViewer(page);
    await drop(page, dropped('homeserver.log', log));
    await bodyRows(page).first().getByRole('button').click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}
