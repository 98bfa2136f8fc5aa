// The app that `lotus-crypto-diag install` produces: it type-checks, it builds, and its parts work.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { build, type PreviewServer, preview } from 'vite';

import { openDetails, readReport } from './report';

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, 'dist/installed-app');
const command = join(here, '../../pkg-glue/dist/bin/lotus-crypto-diag.js');

// The tests share one build.
test.describe.configure({ mode: 'serial' });

let server: PreviewServer;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  rmSync(app, { recursive: true, force: true });
  cpSync(join(here, '../fixtures/cinny-4.11'), app, { recursive: true });
  execFileSync(process.execPath, [command, 'install', app, '--force', '--package', '0.1.0']);
  await build({ root: app, logLevel: 'warn' });
  server = await preview({ root: app, logLevel: 'warn', preview: { host: '127.0.0.1', port: 0 } });
});

test.afterAll(async () => {
  await server?.close();
});

const address = () => server.resolvedUrls?.local[0] ?? '';

async function logIn(page: Page) {
  await page.addInitScript(() => {
    localStorage.setItem('cinny_hs_base_url', `${location.origin}/no-homeserver`);
    localStorage.setItem('cinny_user_id', '@alice:example.org');
    localStorage.setItem('cinny_device_id', 'ALICEDEVICE');
    localStorage.setItem('cinny_access_token', 'syt_alice_token');
  });
}

test('the installed app type-checks', () => {
  test.setTimeout(120_000);
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '--noEmit', '-p', app], { encoding: 'utf8', stdio: 'pipe' });
});

test('the card is in the Developer Tools below the access token, and has the first line of boot', async ({ page }) => {
  await logIn(page);
  await page.goto(address());
  const card = page.getByTestId('crypto-diagnostics');
  await expect(card).toBeVisible({ timeout: 30_000 });
  const token = page.getByText('Access Token', { exact: true });
  const title = card.getByRole('heading', { name: 'Encryption Diagnostics' });
  await expect(title).toBeVisible();
  await openDetails(page);
  await expect(card).toContainText('missing field `algorithm`');
  const [above, below] = [await token.boundingBox(), await title.boundingBox()];
  expect(above && below && above.y < below.y).toBe(true);

  const saving = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Download report' }).click();
  const download = await saving;
  expect(download.suggestedFilename()).toMatch(/^lotus-crypto-diag-.*\.json$/);
  const report = readReport(readFileSync(await download.path(), 'utf8'));
  expect(report).toMatchObject({ userId: '@alice:example.org', deviceId: 'ALICEDEVICE', status: { state: 'running' } });
  expect(report).toMatchObject({ sdkVersion: '41.7.0', environment: { app: 'Lotus 4.11.1' } });
  const [first] = report.entries.filter(({ ke }) => ke === 'KE-3');
  expect(first?.detail).toMatchObject({ kind: 'malformed', eventId: '$boot' });
  expect(JSON.stringify(report)).not.toContain('syt_alice_token');
});

test('a second tab waits behind the gate, until it takes over', async ({ context, page }) => {
  await logIn(page);
  await page.goto(address());
  await expect(page.getByTestId('crypto-diagnostics')).toBeVisible({ timeout: 30_000 });
  const second = await context.newPage();
  await logIn(second);
  await second.goto(address());
  await expect(second.getByRole('heading', { name: 'Lotus is open in another tab' })).toBeVisible();
  await second.getByRole('button', { name: 'Use it here' }).click();
  await expect(second.getByTestId('crypto-diagnostics')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId('tab-gate')).toBeVisible();
});
