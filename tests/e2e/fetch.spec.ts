// What watches `fetch`: uploads of keys are seen, and nothing else is changed.
import { expect, type Page, test } from '@playwright/test';

import { open, readReport } from './report';

/** All that a page can do with `fetch`, and what came of it. */
const battery = async () => {
  const results: Record<string, unknown> = {};
  const told = async (response: Response) => ({
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    type: response.type,
    redirected: response.redirected,
    echo: response.headers.get('x-echo'),
    body: await response.text(),
  });
  const failed = (error: unknown) => {
    const { name, message, constructor: type } = error as Error;
    return { name, message, type: type.name };
  };
  const attempt = async (name: string, call: () => Promise<Response>) => {
    results[name] = await call().then(told, failed);
  };
  const origin = location.origin;
  const upload = '/echo/_matrix/client/v3/keys/upload';
  const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAA': { key: 'k' } } });

  await attempt('GET of a string', () => fetch('/echo/a?b=c#d'));
  await attempt('GET of an absolute string', () => fetch(`${origin}/echo/a`));
  await attempt('GET of a URL', () => fetch(new URL('/echo/a', origin)));
  await attempt('GET of a Request', () => fetch(new Request('/echo/a', { headers: { 'x-a': 'b' } })));
  await attempt('HEAD', () => fetch('/echo/a', { method: 'HEAD' }));
  await attempt('PUT', () => fetch('/echo/a', { method: 'PUT', body: 'x', headers: { 'content-type': 'text/x' } }));
  await attempt('POST in small letters', () => fetch('/echo/a', { method: 'post', body: 'x' }));
  await attempt('POST of bytes', () => fetch('/echo/a', { method: 'POST', body: new Uint8Array([104, 105]) }));
  await attempt('POST of a form', () => fetch('/echo/a', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }));
  await attempt('POST of a Request', () => fetch(new Request('/echo/a', { method: 'POST', body: 'x' })));
  await attempt('no body', () => fetch('/echo/no-body'));
  await attempt('an error status', () => fetch('/echo/teapot', { method: 'POST' }));
  await attempt('an unknown method', () => fetch('/echo/a', { method: 'BREW' }));
  await attempt('a forbidden method', () => fetch('/echo/a', { method: 'TRACE' }));
  await attempt('nobody listens', () => fetch('http://127.0.0.1:9/x'));
  await attempt('no argument', () => (fetch as () => Promise<Response>)());
  await attempt('a broken address', () => fetch('http://'));
  await attempt('a method that throws', () =>
    fetch('/echo/a', {
      get method(): string {
        throw new TypeError('from the getter');
      },
    }),
  );
  await attempt('an address that throws', () =>
    fetch({
      toString() {
        throw new RangeError('from toString');
      },
    } as unknown as string),
  );
  await attempt('aborted before', () => fetch('/echo/a', { signal: AbortSignal.abort() }));
  await attempt('aborted while it hangs', () => fetch('/hang/a', { signal: AbortSignal.timeout(100) }));
  await attempt('an upload', () => fetch(upload, { method: 'POST', body, headers: { Authorization: 'Bearer x' } }));
  await attempt('an upload by Headers', () =>
    fetch(upload, { method: 'POST', body, headers: new Headers({ authorization: 'Bearer x' }) }),
  );
  await attempt('an upload by Request', () => fetch(new Request(upload, { method: 'POST', body })));
  await attempt('an upload of r0', () => fetch('/echo/_matrix/client/r0/keys/upload/DEVICE', { method: 'POST', body }));
  await attempt('an upload that is aborted', () =>
    fetch('/hang/_matrix/client/v3/keys/upload', { method: 'POST', body, signal: AbortSignal.timeout(100) }),
  );
  await attempt('an upload that is refused', () =>
    fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body }),
  );

  const stream = await fetch('/stream/a');
  const reader = stream.body?.getReader();
  let pieces = 0;
  for (;;) {
    const { done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    pieces += 1;
  }
  results['a stream'] = pieces > 1;
  results['the function'] = [fetch.name, fetch.length, typeof fetch, 'prototype' in fetch];
  results['called on nothing'] = await fetch.call(undefined, '/echo/a').then(told, failed);
  results['called on something else'] = await fetch.call({} as never, '/echo/a').then(told, failed);
  return results;
};

test('every request is as it is without the watch, down to its errors', async ({ page }) => {
  await open(page, '/bare.html');
  const plain = await page.evaluate(battery);
  expect(Object.keys(plain).length).toBeGreaterThan(30);
  await page.evaluate(() => {
    const { fetch } = window;
    window.lib.watchKeyUploads();
    if (window.fetch === fetch) throw new Error('fetch is not watched');
  });
  const watched = await page.evaluate(battery);
  expect(watched).toEqual(plain);
});

test('undone, fetch is what it was; under another wrapper, a pass-through', async ({ page }) => {
  await open(page, '/bare.html');
  const result = await page.evaluate(async () => {
    const { fetch } = window;
    const undos = [window.lib.watchKeyUploads(), window.lib.watchKeyUploads()];
    undos[0]?.();
    undos[0]?.();
    const still = window.fetch !== fetch;
    undos[1]?.();
    const same = window.fetch === fetch;

    const undo = window.lib.watchKeyUploads();
    const ours = window.fetch;
    const theirs: typeof fetch = (...args) => ours(...args);
    window.fetch = theirs;
    undo();
    await window.fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body: '{"one_time_keys":{"a":1}}' });
    return { still, same, left: window.fetch === theirs, seen: window.lib.getSnapshot().uploadLoop.refusals };
  });
  expect(result).toEqual({ still: true, same: true, left: true, seen: 0 });
});

/** Uploads as the SDK does, and gives what it is told. */
const upload = (page: Page, to: 'refuse' | 'accept', keys = ['signed_curve25519:AAAAAAAAAA0'], token = 'one') =>
  page.evaluate(
    async ([where, ids, secret]) => {
      const body = JSON.stringify({ one_time_keys: Object.fromEntries(ids.map((id) => [id, { key: 's3cret' }])) });
      const url = `${location.origin}/${where}/_matrix/client/v3/keys/upload`;
      const response = await fetch(url, { method: 'POST', body, headers: { Authorization: `Bearer ${secret}` } });
      return { status: response.status, url: response.url, body: await response.json() };
    },
    [to, keys, token] as const,
  );

const uploadLoop = (page: Page) => page.evaluate(() => window.lib.getSnapshot().uploadLoop);

test('the third refusal is a loop: uploads of that key are answered from memory, others and other tokens pass', async ({
  page,
}) => {
  let arrived = 0;
  page.on('request', (request) => {
    if (request.url().includes('/keys/upload')) arrived += 1;
  });
  const escaped = await open(page, '/auto.html');
  const real = await upload(page, 'refuse');
  await upload(page, 'refuse');
  expect(await uploadLoop(page)).toMatchObject({ state: 'suspected', refusals: 2, breaker: 'closed', watched: true });
  await upload(page, 'refuse');
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'looping', refusals: 3, breaker: 'open' });
  for (let i = 0; i < 20; i++) expect(await upload(page, 'refuse')).toEqual(real);
  expect(arrived).toBe(3);

  await upload(page, 'refuse', ['signed_curve25519:other']);
  expect(arrived).toBe(4);
  await upload(page, 'refuse', undefined, 'two');
  expect(arrived).toBe(5);
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.uploadLoop).toMatchObject({ state: 'looping', spared: 20, probes: 1, diverges: true });
  expect(report.uploadLoop.refusal).toMatchObject({ oldKey: 'oldKey', newKey: 'newKey', httpStatus: 400 });
  // And the line that the page logs at its entry.
  expect(report.counts['KE-1']).toBe(6);
  expect(report.entries.slice(1)).toMatchObject([
    { ke: 'KE-1', source: 'network', count: 5, detail: { kind: 'refusal' } },
  ]);
  expect(JSON.stringify(report)).not.toContain('s3cret');
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'upload-loop' });

  await upload(page, 'accept', ['signed_curve25519:other']);
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'recovered', breaker: 'closed', accepted: 1 });
  expect(escaped).toEqual([]);
});

test('an upload without one-time keys says nothing of the loop', async ({ page }) => {
  await open(page, '/auto.html');
  for (let i = 0; i < 3; i++) await upload(page, 'refuse');
  await expect.poll(() => uploadLoop(page)).toMatchObject({ state: 'looping' });
  await upload(page, 'accept', []);
  await page.waitForTimeout(300);
  expect(await uploadLoop(page)).toMatchObject({ state: 'looping' });
});

test('with the breaker off, every upload arrives; the numbers are options', async ({ page }) => {
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

test('a trap in the wasm lets fetch go on as ever', async ({ page }) => {
  await page.addInitScript(() => {
    const Real = WebAssembly.Instance;
    const state = Object.assign(window, { broken: false });
    WebAssembly.Instance = class {
      exports: WebAssembly.Exports = {};
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        for (const [name, value] of Object.entries(new Real(module, imports).exports)) {
          const trap = (...args: unknown[]) => {
            if (state.broken) throw new WebAssembly.RuntimeError('unreachable');
            return (value as (...args: unknown[]) => unknown)(...args);
          };
          this.exports[name] = typeof value === 'function' ? trap : value;
        }
      }
    } as unknown as typeof WebAssembly.Instance;
  });
  const escaped = await open(page, '/auto.html');
  await page.evaluate('window.broken = true');
  for (let i = 0; i < 5; i++) expect(await upload(page, 'refuse')).toMatchObject({ status: 400 });
  expect(await page.evaluate(() => window.lib.getCryptoDiagStatus().state)).toBe('failed');
  expect(escaped).toEqual([]);
});
