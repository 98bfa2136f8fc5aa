import { readFileSync } from 'node:fs';

import { expect, type Page, test } from '@playwright/test';

import { breakWasm, makeBreakable } from './broken-wasm';
import { open, openDetails, readReport } from './report';

const messages = (page: Page) => page.evaluate(() => window.lib.getCryptoDiagEntries().map((entry) => entry.message));

test('importing the package alone changes nothing in the page', async ({ page }) => {
  await page.addInitScript(() => {
    const { warn, error } = console;
    const globals = Reflect.ownKeys(globalThis).length;
    Object.assign(window, {
      untouched: () => console.warn === warn && console.error === error && Reflect.ownKeys(globalThis).length - globals,
    });
  });
  const pageErrors = await open(page, '/bare.html');
  // The page itself defines `lib`, and `untouched`, which did not exist yet when the globals were counted.
  expect(await page.evaluate('untouched()')).toBe(2);
  expect(pageErrors).toEqual([]);
});

test('the line after the import is in the report', async ({ page }) => {
  const pageErrors = await open(page, '/auto.html');
  expect(await messages(page)).toEqual(['first line of the entry: x already exists']);
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.counts).toEqual({ 'KE-1': 1, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 });
  expect(report.environment.url).toBe('http://127.0.0.1:4199/auto.html');
  expect(pageErrors).toEqual([]);
});

for (const order of ['after', 'before']) {
  test(`with the SDK imported ${order} the package, its lines are captured`, async ({ page }) => {
    await open(page, `/sdk-${order}.html`);
    await page.evaluate(() => window.sdkLogs?.());
    const entries = await page.evaluate(() => window.lib.getCryptoDiagEntries());
    expect(entries.map((entry) => entry.detail.kind)).toEqual(['clue', 'refusal', 'membership']);
    expect(entries[0]?.message).toMatch(/already exists as a custom subscription, ignoring\.$/);
  });
}

test('two copies of the package on one page share one capture', async ({ page }) => {
  await open(page, '/two-copies.html');
  const result = await page.evaluate(() => {
    const original = console.warn;
    const undos = [window.lib.installCryptoDiagLog(), window.second.installCryptoDiagLog()];
    console.warn('x already exists');
    const seen = [window.lib, window.second].map((lib) => lib.getCryptoDiagEntries()[0]?.count);
    for (const undo of undos) undo();
    return { seen, same: console.warn === original };
  });
  expect(result).toEqual({ seen: [1, 1], same: true });
});

test('Errors and DOMExceptions from a frame are captured', async ({ page }) => {
  const pageErrors = await open(page, '/auto.html');
  await page.evaluate(() => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const other = frame.contentWindow as unknown as typeof globalThis;
    console.warn(new other.Error('from a frame: x already exists'));
    console.error.call(null, new other.DOMException('y already exists', 'AbortError'));
  });
  const texts = await messages(page);
  expect(texts.some((text) => text.startsWith('Error: from a frame: x already exists'))).toBe(true);
  expect(texts.some((text) => text.startsWith('AbortError: y already exists'))).toBe(true);
  expect(pageErrors).toEqual([]);
});

test('a storm of one fault pushes out no entry of another, is counted exactly, and needs no more memory', async ({
  page,
}) => {
  await page.addInitScript(() => {
    // The real console would keep every line for the developer tools; only the wrapper's own memory is measured.
    console.error = () => {};
  });
  await open(page, '/bare.html');
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
    return usedSize + backingStorageSize; // `backingStorageSize` includes the WebAssembly memory.
  };
  const storm = (from: number, to: number) =>
    page.evaluate(
      ([start, end]) => {
        for (let i = start; i < end; i++) {
          // The key id changes, as it does when outdated keys are claimed.
          console.error(
            `Failed to process outgoing request ${i}: M_UNKNOWN: MatrixError: [400] One time key signed_curve25519:AAAA${i % 1000} already exists. Old key: {"key":"old${i % 1000}"}; new key: {'key': 'new${i % 1000}'}`,
          );
        }
      },
      [from, to] as const,
    );
  const others = (place: string) =>
    page.evaluate((at) => {
      console.error(`MissingKey: missing key at index 1 for participant @${at}:hs:DEV`);
      console.error(`Error decrypting event (id=$${at} room=!r): DecryptionError[msg: missing field \`algorithm\`]`);
      console.error(
        `[MatrixRTCSession !${at} m.call#ROOM][MembershipManager]`,
        'Missing own membership: force re-join',
      );
    }, place);

  await page.evaluate(() => window.lib.installCryptoDiagLog());
  await others('before');
  await storm(0, 50_000);
  await others('middle');
  const atHalf = await heap();
  await storm(50_000, 100_000);
  const atEnd = await heap();
  await others('after');

  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.counts).toEqual({ 'KE-1': 100_000, 'KE-2': 3, 'KE-3': 3, 'KE-4': 3 });
  expect(report.entries.length).toBeLessThanOrEqual(200);
  const kept = JSON.stringify(report.entries);
  for (const place of ['before', 'middle', 'after']) {
    for (const words of [`@${place}:hs:DEV`, `$${place}`, `!${place}`]) expect(kept).toContain(words);
  }
  expect(kept).toContain('outgoing request 0:');
  expect(kept).toContain('outgoing request 99999:');
  expect(atEnd - atHalf).toBeLessThan(256 * 1024);
});

test.describe('Content Security Policy', () => {
  test('with wasm-unsafe-eval, the card and the report work without a violation', async ({ page }) => {
    const pageErrors = await open(page, '/strict/card.html');
    await openDetails(page);
    await page.evaluate(() => console.warn('x already exists'));
    await expect(page.getByTestId('crypto-diagnostics')).toContainText('x already exists');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download report' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^lotus-crypto-diag-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.json$/);
    const report = readReport(readFileSync(await file.path(), 'utf8'));
    expect(report.entries[0]?.message).toBe('x already exists');
    expect(pageErrors).toEqual([]);
  });

  test('without wasm-unsafe-eval, the page works and the card says why the diagnostics are off', async ({ page }) => {
    const pageErrors = await open(page, '/no-wasm/card.html');
    await page.evaluate(() => console.warn('x already exists'));
    await expect(page.getByTestId('crypto-diagnostics')).toContainText('this page cannot run the diagnostics');
    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
    expect(report.status.state).toBe('unavailable');
    const withSecret = await page.evaluate(() =>
      window.lib.buildCryptoDiagReport(
        {
          getUserId: () => {
            throw new Error('syt_s3cret');
          },
        },
        { app: 'Bearer s3cret', sdkVersion: 'syt_s3cret', notes: ['syt_s3cret'] },
      ),
    );
    expect(withSecret).not.toContain('s3cret');
    // The policy must refuse the module, and nothing else may happen.
    expect(pageErrors.filter((line) => !line.startsWith('violation: script-src'))).toEqual([]);
  });

  test('without wasm-unsafe-eval, building a report does not try to compile the module again', async ({ page }) => {
    const pageErrors = await open(page, '/no-wasm/bare.html');
    const tries = async (act: () => unknown) => {
      const before = pageErrors.length;
      await page.evaluate(act);
      // Violation events arrive a task later.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      return pageErrors.slice(before);
    };
    expect(await tries(() => window.lib.installCryptoDiagLog())).toEqual(['violation: script-src']);
    expect(await tries(() => window.lib.buildCryptoDiagReport(null, { notes: ['a', 'b'] }))).toEqual([]);
    // An explicit call retries: its caller may have a reason.
    expect(await tries(() => window.lib.watchKeyUploads())).toEqual(['violation: script-src']);
  });

  test('in a browser without WebAssembly, the page works and the card says so', async ({ page }) => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    const pageErrors = await open(page, '/card.html');
    await expect(page.getByTestId('crypto-diagnostics')).toContainText('this browser has no WebAssembly');
    expect(await page.evaluate(() => window.lib.getCryptoDiagEntries())).toEqual([]);
    expect(pageErrors).toEqual([]);
  });
});

test('the report contains no access token, refresh token or password from logged lines', async ({ page }) => {
  await open(page, '/auto.html');
  const json = await page.evaluate(() => {
    const inner = new Error('inner', { cause: { headers: { Authorization: 'Bearer s3cretA' }, password: 's3cretB' } });
    console.error('x already exists', new Error('GET https://hs/sync?access_token=s3cretC failed', { cause: inner }));
    console.error('y already exists', { access_token: 's3cretD', nested: { refresh_token: 'mcr_s3cretE' } });
    console.error('z already exists', '{"access_token":"s3cretF","user_id":"@a:hs"}', 'syt_s3cretG_x');
    return window.lib.buildCryptoDiagReport({
      getUserId: () => '@a:hs',
      getDeviceId: () => {
        throw new Error('mct_s3cretH');
      },
    });
  });
  expect(json).not.toContain('s3cret');
  expect(json).toContain('@a:hs');
});

test('a trap in the WebAssembly switches off the library only', async ({ page }) => {
  await makeBreakable(page);
  const pageErrors = await open(page, '/card.html');
  const methods = () =>
    page.evaluate(() => {
      const { console: inner } = document.querySelector('iframe')?.contentWindow as unknown as { console: Console };
      return [console.warn, console.error, inner.warn, fetch].map((method) => /native code/.test(String(method)));
    });
  await page.evaluate(() => {
    document.body.append(document.createElement('iframe'));
    window.lib.watchFrame(document.querySelector('iframe') as HTMLIFrameElement);
    window.lib.watchKeyUploads();
  });
  expect(await methods()).toEqual([false, false, false, false]);
  const card = page.getByTestId('crypto-diagnostics');
  await openDetails(page);
  await page.evaluate(() => console.warn('before: x already exists'));
  await expect(card).toContainText('before: x already exists');
  await breakWasm(page);
  await page.evaluate(() => {
    console.warn('during: x already exists');
    console.error('after: x already exists');
  });
  await expect(card).toContainText('Diagnostics have stopped.');
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.status).toMatchObject({
    state: 'failed',
    reason: 'diagnostics broke and were switched off: RuntimeError: unreachable',
  });
  expect(report.entries.map((entry) => entry.message)).toEqual(['before: x already exists']);
  // Every console and `fetch` are the browser's own again.
  expect(await methods()).toEqual([true, true, true, true]);
  expect(pageErrors).toEqual([]);
});
