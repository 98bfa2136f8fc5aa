// Refused key uploads are seen, judged, and stopped.
import { expect, type Page, test } from '@playwright/test';

import { breakWasm, makeBreakable } from './broken-wasm';
import { open, readReport } from './report';

const KEY_ID = 'signed_curve25519:AAAAAAAAAA0';
/** A one-time key signed by the device. */
const KEY = { key: 's3cret', signatures: { '@a:hs': { 'ed25519:DEVICE': 'sig' } } };
const BODY = JSON.stringify({ one_time_keys: { [KEY_ID]: KEY } });

/** Uploads like the SDK, and returns the answer. */
const upload = (page: Page, to: 'refuse' | 'accept', keys = [KEY_ID], token = 'one') =>
  page.evaluate(
    async ([where, ids, secret, key]) => {
      const body = JSON.stringify({ one_time_keys: Object.fromEntries(ids.map((id) => [id, key])) });
      // Both answers come from the same server.
      const url = `${location.origin}/refuse/_matrix/client/v3/keys/upload${where === 'accept' ? '?accept' : ''}`;
      const response = await fetch(url, { method: 'POST', body, headers: { Authorization: `Bearer ${secret}` } });
      return { status: response.status, url: response.url, body: await response.json() };
    },
    [to, keys, token, KEY] as const,
  );

const uploadLoop = (page: Page) => page.evaluate(() => window.lib.getSnapshot().uploadLoop);

test('after the third refusal, uploads of the refused key are answered locally; other keys and tokens reach the server', async ({
  page,
}) => {
  let arrived = 0;
  page.on('request', (request) => {
    if (request.url().includes('/keys/upload')) arrived += 1;
  });
  const pageErrors = await open(page, '/auto.html');
  const real = await upload(page, 'refuse');
  await upload(page, 'refuse');
  expect(await uploadLoop(page)).toMatchObject({ state: 'suspected', refusals: 2, breaker: 'closed', watched: true });
  await upload(page, 'refuse');
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'looping', refusals: 3, breaker: 'open' });
  for (let i = 0; i < 6; i++) expect(await upload(page, 'refuse')).toEqual(real);
  expect(arrived).toBe(3);

  await upload(page, 'refuse', ['signed_curve25519:other']);
  expect(arrived).toBe(4);
  await upload(page, 'refuse', undefined, 'two');
  expect(arrived).toBe(5);
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.uploadLoop).toMatchObject({ state: 'looping', spared: 6, probes: 0, diverges: true });
  expect(report.uploadLoop.refusal).toMatchObject({
    oldKey: '1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4',
    newKey: 'Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg',
    httpStatus: 400,
  });
  // Includes the line that the page logs when it loads.
  expect(report.counts['KE-1']).toBe(6);
  expect(report.entries.slice(1)).toMatchObject([
    { ke: 'KE-1', source: 'network', count: 5, detail: { kind: 'refusal' } },
  ]);
  expect(JSON.stringify(report)).not.toContain('s3cret');
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'upload-loop' });

  await upload(page, 'accept', ['signed_curve25519:other']);
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'recovered', breaker: 'closed', accepted: 1 });
  expect(pageErrors).toEqual([]);
});

test('uploads of every API version and argument type are counted; an aborted upload is not answered locally', async ({
  page,
}) => {
  await open(page, '/bare.html');
  const seen = await page.evaluate(async (body) => {
    window.lib.watchKeyUploads({ threshold: 3 });
    const path = '/refuse/_matrix/client/v3/keys/upload';
    const uploads = [
      () => fetch(new Request(path, { method: 'POST', body })),
      () => fetch(new URL(path.replace('v3', 'unstable'), location.href), { method: 'POST', body }),
      () => fetch(path.replace('v3/keys/upload', 'r0/keys/upload/DEVICE'), { method: 'post', body }),
      () => fetch(path, { method: 'POST', body, signal: AbortSignal.abort() }).catch((error) => error.name),
      () => fetch(path, { method: 'POST', body }),
    ];
    const seen = [];
    for (const upload of uploads) {
      const outcome = await upload();
      // Time for the library to read the answer, too.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { refusals, spared } = JSON.parse(window.lib.buildCryptoDiagReport()).uploadLoop;
      seen.push([typeof outcome === 'string' ? outcome : outcome.status, refusals, spared]);
    }
    return seen;
  }, BODY);
  expect(seen).toEqual([
    [400, 1, 0],
    [400, 2, 0],
    [400, 3, 0],
    ['AbortError', 3, 0],
    [400, 3, 1],
  ]);
});

test('at most ten uploads of an hour reach the server, and the first accepted one ends the loop', async ({ page }) => {
  let arrived = 0;
  page.on('request', (request) => {
    if (request.url().includes('/keys/upload')) arrived += 1;
  });
  await page.addInitScript(() => {
    // The page's clock advances only when the test moves it.
    let now = Date.now();
    Date.now = () => now;
    const { fetch } = window;
    const lab = { sent: 0, later: (ms: number) => (now += ms) };
    window.fetch = (...args) => {
      lab.sent += 1;
      return fetch(...args);
    };
    Object.assign(window, { hour: lab });
  });
  await open(page, '/auto.html');
  const storm = (to: string, count: number, everyMs: number) =>
    page.evaluate(
      async ([where, tries, gap, body]) => {
        const { hour } = window as unknown as { hour: { sent: number; later(ms: number): void } };
        for (let i = 0; i < tries; i++) {
          hour.later(gap);
          const { sent } = hour;
          const query = where === 'accept' ? '?accept' : '';
          await (await fetch(`/refuse/_matrix/client/v3/keys/upload${query}`, { method: 'POST', body })).text();
          // The watch reads the server's answer a moment later.
          if (hour.sent > sent) await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return JSON.parse(window.lib.buildCryptoDiagReport()).uploadLoop;
      },
      [to, count, everyMs, BODY] as const,
    );
  const loop = await storm('refuse', 12_000, 300);
  expect(loop.state).toBe('looping');
  expect(arrived).toBeLessThanOrEqual(10);
  expect(loop).toMatchObject({ refusals: arrived, probes: arrived - 3, spared: 12_000 - arrived });
  expect(await storm('accept', 1, 18 * 60_000)).toMatchObject({ state: 'recovered', breaker: 'closed', accepted: 1 });
});

test('local answers come at most four times a second', async ({ page }) => {
  await page.clock.install();
  await open(page, '/auto.html');
  for (let i = 0; i < 3; i++) {
    await upload(page, 'refuse');
    await expect.poll(async () => (await uploadLoop(page)).refusals).toBe(i + 1);
  }
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 500);
  await page.evaluate((body) => {
    const outcomes: string[] = [];
    Object.assign(window, { outcomes });
    const control = new AbortController();
    const init = { method: 'POST', body, headers: { Authorization: 'Bearer one' } };
    const url = '/refuse/_matrix/client/v3/keys/upload';
    const note = (text: string) => outcomes.push(text);
    void fetch(url, init).then(({ status }) => note(`first ${status}`));
    void fetch(url, init).then(({ status }) => note(`second ${status}`));
    void fetch(url, { ...init, signal: control.signal }).catch(({ name }) => note(`third ${name}`));
    control.abort();
  }, BODY);
  const outcomes = () => page.evaluate(() => (window as unknown as { outcomes: string[] }).outcomes);
  expect(await outcomes()).toEqual(['first 400']);
  await page.clock.runFor(240);
  expect(await outcomes()).toEqual(['first 400']);
  await page.clock.runFor(20);
  expect(await outcomes()).toEqual(['first 400', 'second 400', 'third AbortError']);
});

test('a leader and a follower each stop their own loop', async ({ page, context }) => {
  const follower = await context.newPage();
  for (const tab of [page, follower]) {
    let arrived = 0;
    tab.on('request', (request) => {
      if (request.url().includes('/keys/upload')) arrived += 1;
    });
    await open(tab, '/auto.html');
    await tab.evaluate(() => void window.lib.requestTabLeadership());
    const role = tab === page ? 'leader' : 'follower';
    await expect.poll(() => tab.evaluate(() => window.lib.getSnapshot().tabs.role)).toBe(role);
    for (let i = 0; i < 3; i++) {
      await upload(tab, 'refuse');
      await expect.poll(async () => (await uploadLoop(tab)).refusals).toBe(i + 1);
    }
    for (let i = 0; i < 3; i++) expect(await upload(tab, 'refuse')).toMatchObject({ status: 400 });
    expect(arrived).toBe(3);
    expect(await uploadLoop(tab)).toMatchObject({ state: 'looping', breaker: 'open', spared: 3 });
  }
});

test("with wrap: false, fetchFn is watched and the page's fetch is not wrapped", async ({ page }) => {
  await open(page, '/bare.html');
  const seen = await page.evaluate(async (body) => {
    const { fetch } = window;
    const undo = window.lib.watchKeyUploads({ wrap: false });
    const count = async (call: typeof fetch) => {
      const response = await call('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { refusals, spared, watched, breaker } = JSON.parse(window.lib.buildCryptoDiagReport()).uploadLoop;
      return [response.status, refusals, spared, watched, breaker];
    };
    const isAlone = window.fetch === fetch;
    const counts = [await count(fetch)];
    for (let i = 0; i < 4; i++) counts.push(await count(window.lib.fetchFn));
    // Now `fetch` is wrapped; `fetchFn` calls it, and the upload counts once.
    window.lib.watchKeyUploads({ threshold: 3 });
    counts.push(await count(window.lib.fetchFn));
    const isWatched = window.fetch !== fetch;
    undo();
    return { isAlone, isWatched, counts, echo: (await window.lib.fetchFn('/echo/a')).status };
  }, BODY);
  expect(seen).toEqual({
    isAlone: true,
    isWatched: true,
    counts: [
      [400, 0, 0, true, 'closed'],
      [400, 1, 0, true, 'closed'],
      [400, 2, 0, true, 'closed'],
      [400, 3, 0, true, 'open'],
      [400, 3, 1, true, 'open'],
      // The new watch still knows the earlier refusals.
      [400, 3, 2, true, 'open'],
    ],
    echo: 200,
  });
});

test('an invalid threshold falls back to the default', async ({ page }) => {
  await open(page, '/bare.html');
  for (const threshold of [Number.NaN, -1, 0, null, 'x']) {
    await page.evaluate((value) => void window.lib.watchKeyUploads({ threshold: value as number }), threshold);
  }
  for (let i = 0; i < 3; i++) {
    expect((await uploadLoop(page)).state).not.toBe('looping');
    await upload(page, 'refuse');
    await expect.poll(async () => (await uploadLoop(page)).refusals).toBe(i + 1);
  }
  expect((await uploadLoop(page)).state).toBe('looping');
});

test('an accepted upload without one-time keys does not end the loop', async ({ page }) => {
  await open(page, '/auto.html');
  for (let i = 0; i < 3; i++) await upload(page, 'refuse');
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'looping' });
  await upload(page, 'accept', []);
  await page.waitForTimeout(300);
  expect(await uploadLoop(page)).toMatchObject({ state: 'looping' });
});

test('with breaker: false and threshold: 5, every upload reaches the server and the fifth refusal is a loop', async ({
  page,
}) => {
  let arrived = 0;
  page.on('request', (request) => {
    if (request.url().includes('/keys/upload')) arrived += 1;
  });
  await open(page, '/bare.html');
  await page.evaluate(() => window.lib.watchKeyUploads({ breaker: false, threshold: 5 }));
  for (let i = 0; i < 8; i++) {
    await upload(page, 'refuse');
    await expect.poll(() => uploadLoop(page)).toMatchObject({ state: i < 4 ? 'suspected' : 'looping', breaker: 'off' });
  }
  expect(arrived).toBe(8);
});

test('fetch works after a trap in the WebAssembly', async ({ page }) => {
  await makeBreakable(page);
  const pageErrors = await open(page, '/auto.html');
  await breakWasm(page);
  for (let i = 0; i < 5; i++) expect(await upload(page, 'refuse')).toMatchObject({ status: 400 });
  expect(await page.evaluate(() => window.lib.getCryptoDiagStatus().state)).toBe('failed');
  expect(pageErrors).toEqual([]);
});
