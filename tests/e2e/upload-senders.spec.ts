// Whose key uploads are answered locally: only those of a device in an upload loop.
import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

const PATH = '_matrix/client/v3/keys/upload';

/** How a client authenticates, and what it uploads. */
interface UploadSpec {
  url?: string;
  headers?: Record<string, string>;
  /** The form in which `headers` are passed. */
  as?: 'tuples' | 'Headers' | 'Request' | 'iterator';
  user?: string;
  device?: string;
  /** The one-time key that the server refuses for everybody. */
  key?: string;
  /** Without a signature. */
  bare?: boolean;
  body?: 'Blob' | 'bytes';
  /** Other fields of the body. */
  rest?: object;
}

/** Uploads in that way; returns how many requests were sent. */
const upload = (page: Page, to: 'refuse' | 'accept', spec: UploadSpec, keyId = 'signed_curve25519:AAAAAAAAAA0') =>
  page.evaluate(
    async ([where, path, spec, id]) => {
      const { url = path, headers = {}, as, user = '@a:hs', device = 'A', key = 'a', bare, rest } = spec;
      const signatures = { [user]: { [`ed25519:${device}`]: 'sig' } };
      const keys = id && { one_time_keys: { [id]: bare ? { key } : { key, signatures } } };
      const text = JSON.stringify({ ...rest, ...keys });
      const body =
        spec.body === 'Blob' ? new Blob([text]) : spec.body === 'bytes' ? new TextEncoder().encode(text) : text;
      const accept = `${url.includes('?') ? '&' : '?'}accept`;
      const address = `${location.origin}/refuse/${url}${where === 'accept' ? accept : ''}`;
      const entries = Object.entries(headers);
      const init: RequestInit = { method: 'POST', body, headers };
      if (as === 'tuples') init.headers = entries;
      if (as === 'Headers') init.headers = new Headers(entries);
      if (as === 'iterator') init.headers = new Map(entries).entries() as unknown as HeadersInit;
      const { sent } = window as unknown as { sent: string[] };
      const before = sent.length;
      await (await (as === 'Request' ? fetch(new Request(address, init)) : fetch(address, init))).text();
      // The watch also reads the answer.
      if (sent.length > before) await new Promise((resolve) => setTimeout(resolve, 50));
      return sent.length - before;
    },
    [to, PATH, spec, keyId] as const,
  );

const uploadLoop = (page: Page) => page.evaluate(() => JSON.parse(window.lib.buildCryptoDiagReport()).uploadLoop);

async function openPage(page: Page) {
  await page.addInitScript(() => {
    const sent: string[] = [];
    Object.assign(window, { sent });
    const { fetch } = window;
    window.fetch = (...args) => {
      sent.push('');
      return fetch(...args);
    };
  });
  await open(page, '/bare.html');
  await page.evaluate(() => void window.lib.watchKeyUploads());
}

async function loop(page: Page, spec: UploadSpec) {
  for (let refusals = 1; refusals <= 3; refusals++) {
    expect(await upload(page, 'refuse', spec)).toBe(1);
    await expect.poll(async () => (await uploadLoop(page)).refusals).toBe(refusals);
  }
  expect((await uploadLoop(page)).state).toBe('looping');
}

/** Stops the page's clock; the returned function moves it. Call before opening the page. */
async function freezeClock(page: Page): Promise<(ms: number) => Promise<number>> {
  await page.addInitScript(() => {
    let time = Date.now();
    Date.now = () => time;
    Object.assign(window, { later: (ms: number) => (time += ms) });
  });
  return (ms) => page.evaluate((by) => (window as unknown as { later(ms: number): number }).later(by), ms);
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const inQuery = (query: string) => ({ url: `${PATH}?${query}` });
const B = { user: '@b:hs', device: 'B', key: 'b' };

const CASES: Record<string, { a: UploadSpec; b: UploadSpec; isAnsweredLocally?: false; isSameDevice?: true }> = {
  'tokens in the header': { a: { headers: bearer('a') }, b: { ...B, headers: bearer('b') } },
  'tokens in the query': { a: inQuery('access_token=a'), b: { ...B, ...inQuery('access_token=b') } },
  'a login after a logout, tokens in the query': {
    a: inQuery('access_token=a'),
    b: { ...inQuery('access_token=b'), device: 'B', key: 'b' },
  },
  'headers as tuples': { a: { headers: bearer('a'), as: 'tuples' }, b: { ...B, headers: bearer('b'), as: 'tuples' } },
  'headers in capitals': {
    a: { headers: { AUTHORIZATION: 'Bearer a' } },
    b: { ...B, headers: { AUTHORIZATION: 'Bearer b' } },
  },
  'Headers objects': { a: { headers: bearer('a'), as: 'Headers' }, b: { ...B, headers: bearer('b'), as: 'Headers' } },
  'no token that is seen: a service worker adds it': { a: {}, b: B },
  'two homeservers, all else the same': { a: { headers: bearer('a') }, b: { headers: bearer('a'), url: `b/${PATH}` } },
  'one token for two users': {
    a: { ...inQuery('user_id=@a:hs'), headers: bearer('a') },
    b: { ...B, ...inQuery('user_id=@b:hs'), headers: bearer('a') },
  },
  'one token for two users, all else the same': {
    a: { ...inQuery('user_id=@a:hs'), headers: bearer('a') },
    b: { ...inQuery('user_id=@b:hs'), headers: bearer('a') },
    isSameDevice: true,
  },
  'the same device, made anew': {
    a: { headers: bearer('a'), rest: { device_keys: { user_id: '@a:hs', device_id: 'A', keys: { x: 'a' } } } },
    b: {
      headers: bearer('a'),
      key: 'b',
      rest: { device_keys: { user_id: '@a:hs', device_id: 'A', keys: { x: 'b' } } },
    },
    isSameDevice: true,
  },
  'the same device, with a new fallback key': {
    a: { headers: bearer('a'), rest: { fallback_keys: { 'signed_curve25519:f': { key: 'a' } } } },
    b: { headers: bearer('a'), rest: { fallback_keys: { 'signed_curve25519:f': { key: 'b' } } } },
    isSameDevice: true,
  },
  'Request objects': {
    a: { headers: bearer('a'), as: 'Request' },
    b: { ...B, headers: bearer('b'), as: 'Request' },
    isAnsweredLocally: false,
  },
  'headers that can be read once': {
    a: { headers: bearer('a'), as: 'iterator' },
    b: { ...B, headers: bearer('b'), as: 'iterator' },
    isAnsweredLocally: false,
  },
  'keys that nobody signed': {
    a: { headers: bearer('a'), bare: true },
    b: { headers: bearer('b'), bare: true },
    isAnsweredLocally: false,
  },
};

for (const [name, { a, b, isAnsweredLocally = true, isSameDevice }] of Object.entries(CASES)) {
  test(`with two clients (${name}), the uploads of the looping one ${isAnsweredLocally ? 'are' : 'are not'} answered locally, the other's never`, async ({
    page,
  }) => {
    await openPage(page);
    await loop(page, a);
    expect(await upload(page, 'refuse', a)).toBe(isAnsweredLocally ? 0 : 1);
    expect(await upload(page, 'refuse', b)).toBe(1);
    // The result does not depend on the other device's upload.
    expect(await upload(page, 'refuse', a)).toBe(isAnsweredLocally ? 0 : 1);
    // One refusal of a second key belongs to the loop that its device is already in.
    if (isSameDevice) return;
    expect(await upload(page, 'accept', b)).toBe(1);
    expect((await uploadLoop(page)).state).toBe('looping');
    expect(await upload(page, 'refuse', a)).toBe(isAnsweredLocally ? 0 : 1);
  });
}

test('no token is in the report, and the URL of a local answer is that of its own request', async ({ page }) => {
  await openPage(page);
  const spec = inQuery('access_token=s3cret-one');
  await loop(page, spec);
  const url = await page.evaluate(async (path) => {
    const key = { key: 'a', signatures: { '@a:hs': { 'ed25519:A': 'sig' } } };
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': key } });
    const response = await fetch(`/refuse/${path}#fragment`, { method: 'POST', body });
    return response.url;
  }, spec.url);
  expect(url).toBe(`http://127.0.0.1:4199/refuse/${spec.url}`);
  expect(await page.evaluate(() => window.lib.buildCryptoDiagReport())).not.toContain('s3cret');
});

for (const [name, spec] of Object.entries<UploadSpec>({
  'a Request': { as: 'Request' },
  'a Blob': { body: 'Blob' },
  bytes: { body: 'bytes' },
})) {
  test(`an accepted upload of ${name} ends the loop only if it contains one-time keys`, async ({ page }) => {
    await openPage(page);
    await loop(page, {});
    await upload(page, 'accept', { ...spec, rest: { device_keys: { user_id: '@a:hs', device_id: 'A' } } }, '');
    expect((await uploadLoop(page)).state).toBe('looping');
    await upload(page, 'accept', spec);
    await expect.poll(async () => (await uploadLoop(page)).state).toBe('recovered');
  });
}

test('a probe is sent when the network is back, the page becomes visible, another upload is accepted, or the host retries', async ({
  page,
}) => {
  const later = await freezeClock(page);
  await openPage(page);
  await loop(page, {});
  // Up to the probe after which the next one comes a quarter of an hour later.
  for (const minutes of [1, 2, 3, 5, 10, 20]) {
    await later(minutes * 60_000);
    expect(await upload(page, 'refuse', {})).toBe(1);
  }
  const signs: Record<string, () => Promise<unknown>> = {
    online: () => page.evaluate(() => void dispatchEvent(new Event('online'))),
    visible: () => page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange'))),
    'device keys accepted': () =>
      upload(page, 'accept', { rest: { device_keys: { user_id: '@a:hs', device_id: 'A' } } }, ''),
    'an empty upload accepted': () => upload(page, 'accept', {}, ''),
  };
  for (const [name, sign] of Object.entries(signs)) {
    await later(31_000);
    expect(await upload(page, 'refuse', {}), name).toBe(0);
    await sign();
    expect(await upload(page, 'refuse', {}), name).toBe(1);
    // A second sign right afterwards causes no probe.
    await sign();
    expect(await upload(page, 'refuse', {}), name).toBe(0);
    await later(31_000);
    expect(await upload(page, 'refuse', {}), name).toBe(1);
  }
  await page.evaluate(() => window.lib.retryKeyUploads());
  expect(await upload(page, 'accept', {})).toBe(1);
  await expect.poll(async () => (await uploadLoop(page)).state).toBe('recovered');
});

test('no probe is sent when the page becomes hidden', async ({ page }) => {
  const later = await freezeClock(page);
  await openPage(page);
  await loop(page, {});
  for (const minutes of [1, 2]) {
    await later(minutes * 60_000);
    expect(await upload(page, 'refuse', {})).toBe(1);
  }
  await later(31_000);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  expect(await upload(page, 'refuse', {})).toBe(0);
});

test('properties on Object.prototype do not change which uploads are answered locally', async ({ page }) => {
  const pageErrors = await openPolluted(page);
  await loop(page, { headers: bearer('a') });
  expect(await upload(page, 'refuse', { headers: bearer('a') })).toBe(0);
  expect(await upload(page, 'refuse', { ...B, headers: bearer('b') })).toBe(1);
  // The only one-time keys are those on Object.prototype.
  expect(await upload(page, 'accept', { headers: bearer('a'), rest: { device_keys: { device_id: 'A' } } }, '')).toBe(1);
  expect(await uploadLoop(page)).toMatchObject({ state: 'looping', accepted: 0 });
  expect(pageErrors).toEqual([]);
});

async function openPolluted(page: Page) {
  await openPage(page);
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.evaluate(() => {
    const key = { key: 'x', signatures: { '@x:hs': { 'ed25519:X': 'sig' } } };
    const planted = {
      one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': key },
      get: () => 'Bearer x',
      signatures: 1,
      later: 1,
      text: 1,
    };
    for (const [name, value] of Object.entries(planted)) {
      Object.defineProperty(Object.prototype, name, {
        __proto__: null,
        value,
        configurable: true,
        writable: true,
      } as object);
    }
  });
  return pageErrors;
}

for (const [name, patched] of Object.entries({
  'stands still': 'Date.now = () => 0',
  'returns NaN': 'Date.now = () => Number.NaN',
  throws: 'Date.now = () => { throw new Error("no time") }',
  'returns a string': 'globalThis.Date = class { static now() { return "later"; } }',
})) {
  test(`uploads are still answered locally, with a delay, if Date is replaced later by one that ${name}`, async ({
    page,
  }) => {
    await openPage(page);
    await page.evaluate(`void (${patched})`);
    await page.evaluate(
      async ([path]) => {
        const key = { key: 'a', signatures: { '@a:hs': { 'ed25519:A': 'sig' } } };
        const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': key } });
        for (let i = 0; i < 3; i++) {
          await (await fetch(`/refuse/${path}`, { method: 'POST', body })).text();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const { sent } = window as unknown as { sent: string[] };
        let pauses = 0;
        const timer = window.setTimeout;
        window.setTimeout = ((...args: Parameters<typeof timer>) => {
          pauses += 1;
          return timer(...args);
        }) as typeof timer;
        for (let i = 0; i < 3; i++) await fetch(`/refuse/${path}`, { method: 'POST', body });
        if (sent.length !== 3) throw new Error(`${sent.length} were sent`);
        if (pauses < 2) throw new Error('answered without a pause');
      },
      [PATH] as const,
    );
  });
}
