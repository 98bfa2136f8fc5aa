import { readFileSync } from 'node:fs';

import { expect, type Page, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { open, openDetails, readReport } from './report';

const REFUSAL = `MatrixError: [400] One time key signed_curve25519:AAAA already exists. Old key: {"key":"abc"}; new key: {'key': 'def'}`;

const build = async (page: Page) => readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(null)));
const collect = async (page: Page) => readReport(await page.evaluate(() => window.lib.collectCryptoDiagReport(null)));
const verdict = ({ diagnosis }: CryptoDiagReport, id: string) =>
  diagnosis?.findings.find((finding) => finding.id === id)?.verdict;

test('the diagnosis module is not loaded at boot but with the first collected report; later built reports have a diagnosis', async ({
  page,
}) => {
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  const pageErrors = await open(page, '/auto.html');
  const isDiagnosis = (path: string) => path.includes('diagnosis');
  expect(loaded.filter(isDiagnosis)).toEqual([]);
  await page.evaluate((line) => console.error(line), REFUSAL);

  const before = await build(page);
  expect([before.diagnosis, before.runbook]).toEqual([null, null]);
  expect(before.notes.join()).toContain('the diagnosis is not loaded yet');

  const collected = await collect(page);
  expect(loaded.filter(isDiagnosis).length).toBeGreaterThan(0);
  expect(verdict(collected, 'otk-divergence')).toBe('likely');
  expect(collected.runbook?.queries.map(({ id }) => id)).toContain('log-key-uploads');
  const after = await build(page);
  expect(verdict(after, 'otk-divergence')).toBe('likely');
  expect(after.notes.join()).not.toContain('diagnosis');
  expect(pageErrors).toEqual([]);
});

test('if the diagnosis module cannot be loaded, the report is still written and says so', async ({ page }) => {
  const pageErrors = await open(page, '/auto.html');
  await page.route('**/*diagnosis*', (route) => route.abort());
  const report = await collect(page);
  expect(report.diagnosis).toBeNull();
  expect(report.notes.join()).toContain('the diagnosis could not be loaded');
  expect(await page.evaluate(() => window.lib.getCryptoDiagnosis(null))).toBeNull();
  expect(pageErrors).toEqual([]);
});

test('requests to the homeserver are timed under any base path, without ids, long polls and downloads', async ({
  page,
}) => {
  await open(page, '/auto.html');
  await page.evaluate(async () => {
    const ask = (path: string) => fetch(`/echo${path}`).then((response) => response.text());
    await ask('/_matrix/client/v3/keys/upload?access_token=s3cret');
    await ask('/below/a/prefix/_matrix/client/v3/rooms/!room:hs/send/m.room.encrypted/m17.4');
    await ask('/_matrix/client/unstable/org.matrix.msc4140/delayed_events/syd_AbC/restart?teapot');
    await ask('/_matrix/client/v3/devices/lowercase');
    await ask('/_matrix/client/v3/profile/%40bob%3Ahs');
    await ask('/_matrix/client/v3/sync?timeout=30000');
    await ask('/_matrix/client/v1/media/download/hs/abc');
    await ask('/elsewhere?of=/_matrix/client/v3/keys/query');
  });
  await expect.poll(async () => (await build(page)).latency?.seen).toBe(5);
  const latency = (await build(page)).latency;
  expect(latency?.samples.map(({ path, status }) => [path, status])).toEqual([
    ['/_matrix/client/v3/keys/upload', 200],
    ['/_matrix/client/v3/rooms/{id}/send/m.room.encrypted/{id}', 200],
    ['/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{id}/restart', 418],
    ['/_matrix/client/v3/devices/{id}', 200],
    ['/_matrix/client/v3/profile/{id}', 200],
  ]);
  const summary = (await collect(page)).diagnosis?.latency;
  expect(summary?.all).toMatchObject({ count: 5, failures: 0 });
  expect(summary?.byPath.map(({ method, path }) => [method, path])).toContainEqual([
    'POST',
    '/_matrix/client/v3/keys/upload',
  ]);
});

test('a request that the client aborted is timed and counts as a failure', async ({ page }) => {
  await open(page, '/auto.html');
  await page.evaluate(async () => {
    const url = '/hang/_matrix/client/unstable/org.matrix.msc4140/delayed_events/x/restart';
    await fetch(url, { method: 'POST', signal: AbortSignal.timeout(300) }).catch(() => undefined);
  });
  await expect.poll(async () => (await build(page)).latency?.seen).toBe(1);
  const [sample] = (await build(page)).latency?.samples ?? [];
  expect(sample?.status).toBe(0);
  expect(sample?.durationMs).toBeGreaterThan(200);
});

test('of many request timings, the latest and the slowest earlier ones are kept', async ({ page }) => {
  await open(page, '/auto.html');
  await page.evaluate(async () => {
    // The server holds this answer back, so it is the slowest even on a busy machine.
    let isOver = false;
    const slowest = fetch('/stream/_matrix/client/v3/keys/query?slowest').then((response) => response.text());
    void slowest.then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    while (!isOver) await fetch('/next/?slowest');
    for (let round = 0; round < 60; round++) {
      // Different addresses: the browser would send requests to one address one after another.
      const ask = (_: unknown, nth: number) => fetch(`/echo/_matrix/client/versions?${nth}`).then((r) => r.text());
      const all = Array.from({ length: 10 }, ask);
      await Promise.all(all);
    }
  });
  await expect.poll(async () => (await build(page)).latency?.seen).toBe(601);
  const latency = (await build(page)).latency;
  expect(latency?.samples).toHaveLength(500);
  expect(latency?.samples[0]?.path).toBe('/_matrix/client/v3/keys/query');
  expect(Date.parse(latency?.completeSince ?? '')).toBeGreaterThan(Date.parse(latency?.since ?? ''));
});

test('a capture session is started, marked, stopped and downloaded by keyboard alone', async ({ page }) => {
  const pageErrors = await open(page, '/card.html');
  await page.evaluate((line) => console.error(line), REFUSAL);
  await openDetails(page);
  const session = page.getByRole('region', { name: 'Capture session' });
  await session.getByRole('button', { name: 'Start' }).press('Enter');
  await expect(session).toContainText('0 marks');
  for (const name of ['Sound cut', 'Picture frozen', 'Cannot read a message', 'Something else'])
    await session.getByRole('button', { name }).press('Space');
  await expect(session).toContainText('4 marks');
  await expect(session.getByRole('status')).toContainText('Something else, marked at');

  const downloading = page.waitForEvent('download');
  await session.getByRole('button', { name: 'Stop and download' }).press('Enter');
  const download = await downloading;
  const report = readReport(readFileSync(await download.path(), 'utf8'));
  expect(report.captureSession?.marks.map(({ kind }) => kind)).toEqual([
    'sound-cut',
    'picture-frozen',
    'cannot-read-message',
    'other',
  ]);
  expect(report.captureSession?.stoppedAt).not.toBeNull();
  // Starting the session cleared nothing.
  expect(report.counts['KE-1']).toBe(1);
  expect(report.diagnosis?.artefacts.find(({ name }) => name.startsWith('Times'))?.inside).toBe(true);
  await session.getByText('For the administrator to add').click();
  await expect(session).toContainText('To be added: Homeserver log');
  await session.getByRole('button', { name: 'Start' }).click();
  await expect(session, 'and neither does a second').toContainText('4 marks');
  expect(pageErrors).toEqual([]);
});

test('the card shows each verdict with its evidence, and updates it with new evidence', async ({ page }) => {
  await open(page, '/card.html');
  await openDetails(page);
  const verdicts = page.getByRole('region', { name: 'Diagnosis' });
  await expect(verdicts).toContainText('No fault was seen');
  await page.evaluate((line) => console.error(line), REFUSAL);
  await expect(verdicts.getByRole('status')).toContainText('different one-time keys under the same ids', {
    timeout: 10_000,
  });
  await verdicts.getByText('The server holds different keys').click();
  await expect(verdicts).toContainText('signed_curve25519:AAAA refused; the server has abc, the device def');
  await expect(verdicts).toContainText('How to fix it, least disruptive first');
});
