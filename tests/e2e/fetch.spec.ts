// The `fetch` wrapper sees key uploads and changes nothing else.
import { expect, test } from '@playwright/test';

import { open } from './report';

/** Uses `fetch` in every way a page can, and returns the results. */
const callFetchInEveryWay = async () => {
  const results: Record<string, unknown> = {};
  const describeResponse = async (response: Response) => ({
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    type: response.type,
    redirected: response.redirected,
    echo: response.headers.get('x-echo'),
    body: await response.text(),
  });
  const describeError = (error: unknown) => {
    const { name, message, constructor: type } = error as Error;
    return { name, message, type: type.name };
  };
  const attempt = async (name: string, call: () => Promise<Response>) => {
    results[name] = await call().then(describeResponse, describeError);
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
  await attempt('POST of a Blob', () =>
    fetch('/echo/a', { method: 'POST', body: new Blob(['x'], { type: 'text/y' }), keepalive: true }),
  );
  await attempt('POST to an address that only quotes one', () =>
    fetch('/echo/a?to=/_matrix/client/v3/keys/upload', { method: 'POST', body }),
  );
  await attempt('POST to another end', () => fetch('/echo/_matrix/client/v3/keys/query', { method: 'POST', body }));
  await attempt('no cors', () => fetch('/echo/a', { mode: 'no-cors', credentials: 'omit', cache: 'no-store' }));
  await attempt('elsewhere', () => fetch('/elsewhere/a', { method: 'POST', body: 'x' }));
  await attempt('elsewhere, by hand', () => fetch('/elsewhere/a', { redirect: 'manual' }));
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
  await attempt('an upload that is unstable', () =>
    fetch(new URL('/echo/_matrix/client/unstable/keys/upload', origin), { method: 'POST', body }),
  );
  await attempt('an upload from where the page is', () =>
    fetch('echo/_matrix/client/v3/keys/upload?a=b#c', {
      method: 'post',
      body,
      headers: [['authorization', 'Bearer x']],
    }),
  );
  await attempt('an upload of bytes', () => fetch(upload, { method: 'POST', body: new TextEncoder().encode(body) }));
  await attempt('an upload of nothing', () => fetch(upload, { method: 'POST' }));
  await attempt('an upload of no JSON', () => fetch(upload, { method: 'POST', body: 'x' }));
  await attempt('an upload that goes elsewhere', () =>
    fetch(upload.replace('echo', 'elsewhere'), { method: 'POST', body }),
  );
  await attempt('an upload whose answer is empty', () =>
    fetch('/empty/_matrix/client/v3/keys/upload', { method: 'POST', body }),
  );
  await attempt('an upload that nobody hears', () =>
    fetch('http://127.0.0.1:9/_matrix/client/v3/keys/upload', { method: 'POST', body }),
  );
  await attempt('an upload that is aborted before', () =>
    fetch(upload, { method: 'POST', body, signal: AbortSignal.abort(new RangeError('enough')) }),
  );
  await attempt('an upload that is aborted', () =>
    fetch('/hang/_matrix/client/v3/keys/upload', { method: 'POST', body, signal: AbortSignal.timeout(100) }),
  );
  await attempt('an upload that is refused', () =>
    fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body }),
  );

  const request = new Request(upload, { method: 'POST', body });
  await fetch(request);
  results['a Request is used up'] = [request.bodyUsed, await fetch(request).then(describeResponse, describeError)];

  /** Reads up to `pieces` pieces. The server sends each one only after the previous one was read. */
  const read = async (response: Response, pieces = Number.POSITIVE_INFINITY) => {
    const reader = response.body?.getReader();
    const { search } = new URL(response.url);
    let text = '';
    for (let count = 0; count < pieces; count++) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return { text, several: count > 1, used: response.bodyUsed };
      text += new TextDecoder().decode(value);
      if (count + 1 < pieces) await fetch(`/next/${search}`);
    }
    return reader;
  };
  for (const path of [
    '/stream/a',
    '/stream/_matrix/client/v3/keys/upload',
    '/refuse-slowly/_matrix/client/v3/keys/upload',
  ]) {
    const init = path === '/stream/a' ? {} : { method: 'POST', body };
    const freshUrl = () => `${path}?${crypto.randomUUID()}`;
    results[`read piece by piece: ${path}`] = await read(await fetch(freshUrl(), init));
    const control = new AbortController();
    const reader = await read(await fetch(freshUrl(), { ...init, signal: control.signal }), 1);
    control.abort();
    results[`aborted while it is read: ${path}`] =
      reader && 'read' in reader ? await reader.read().then(() => 'went on', describeError) : 'is over';
  }
  const refused = await fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
  const twice = [refused.bodyUsed, await refused.clone().json(), await refused.json(), refused.bodyUsed];
  results['a refusal that is read twice'] = twice;
  results['the function'] = [fetch.name, fetch.length, typeof fetch, 'prototype' in fetch];
  results['called on nothing'] = await fetch.call(undefined, '/echo/a').then(describeResponse, describeError);
  results['called on something else'] = await fetch.call({} as never, '/echo/a').then(describeResponse, describeError);
  return results;
};

test('every request has the same result or error with and without the watch', async ({ page }) => {
  await open(page, '/bare.html');
  const plain = await page.evaluate(callFetchInEveryWay);
  expect(Object.keys(plain).length).toBeGreaterThan(50);
  await page.evaluate(() => {
    const { fetch } = window;
    window.lib.watchKeyUploads();
    if (window.fetch === fetch) throw new Error('fetch is not watched');
  });
  const watched = await page.evaluate(callFetchInEveryWay);
  expect(watched).toEqual(plain);
});

test('the undo restores fetch, or leaves a pass-through beneath another wrapper', async ({ page }) => {
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
