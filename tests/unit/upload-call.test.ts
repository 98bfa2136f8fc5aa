// What is read of a `fetch` call that uploads keys. Rust parses its content, and tests that.
import { expect, it } from 'vitest';

import { MAX_BODY_LENGTH, readCall } from '../../crate/capture/js/upload.js';

const URL = 'https://hs/_matrix/client/v3/keys/upload';

it('the token is read from every form of headers', () => {
  const bearer = 'Bearer s3cret';
  for (const headers of [
    { Authorization: bearer },
    { AUTHORIZATION: bearer, 'content-type': 'x', 'x-number': 1 },
    new Headers({ authorization: bearer }),
    [
      ['a', 'b'],
      ['authorization', bearer],
    ],
  ]) {
    expect(readCall(URL, URL, { headers })).toMatchObject({ url: URL, authorization: bearer });
  }
  const request = new Request(URL, { method: 'POST', headers: { authorization: bearer } });
  expect(readCall(URL, request, undefined)).toMatchObject({ url: URL, authorization: bearer });
  const twice = [
    ['authorization', 'a'],
    ['Authorization', 'b'],
  ] as [string, string][];
  expect(readCall(URL, URL, { headers: twice }).authorization).toBe(new Headers(twice).get('authorization'));
});

it('the URL is absolute, without its fragment', () => {
  const asked = 'https://HS:443/_matrix/client/v3/keys/upload?a=b#c';
  expect(readCall(asked, asked, {})).toMatchObject({ asked, url: `${URL}?a=b`, authorization: undefined });
  expect(readCall('http://', 'http://', {})).toMatchObject({ asked: 'http://', url: undefined });
});

it.each<[string, unknown]>([
  ['can be read only once', new Map([['authorization', 'x']]).entries()],
  [
    'has a getter',
    {
      get Authorization() {
        return 'x';
      },
    },
  ],
  ['is a number', { Authorization: 1 }],
  ['has invalid entries', [1]],
  ['is a string', 'authorization'],
])('the URL is undefined for headers with a value that %s', (_, headers) => {
  expect(readCall(URL, URL, { headers, body: 'x' })).toMatchObject({ url: undefined, body: 'x' });
});

it.each<[string, unknown]>([
  ['a stream', new ReadableStream()],
  ['a form', new FormData()],
  ['nothing', undefined],
  ['too long', 'x'.repeat(MAX_BODY_LENGTH + 1)],
])('a body that is %s is not read', (_, body) => {
  const nothing = { asked: URL, url: URL, authorization: undefined, body: undefined, later: undefined };
  expect(readCall(URL, URL, { body })).toEqual(nothing);
});

it('a Request, a Blob and bytes are read later, and the request is not consumed', async () => {
  const body = '{"one_time_keys":{}}';
  const request = new Request(URL, { method: 'POST', body });
  for (const call of [
    readCall(URL, request, undefined),
    readCall(URL, URL, { body: new Blob([body]) }),
    readCall(URL, URL, { body: new TextEncoder().encode(body) }),
  ]) {
    expect(call.body).toBeUndefined();
    expect(await call.later).toEqual({ asked: URL, url: URL, authorization: undefined, body, later: undefined });
  }
  expect(request.bodyUsed).toBe(false);
  expect(await request.text()).toBe(body);
  const used = readCall(URL, request, undefined);
  expect(await used.later).toBeUndefined();
});

const PLANTED = ['url', 'get', 'body', 'Authorization', 'later'];

it('properties on Object.prototype are not read', () => {
  const read = () => [
    readCall(URL, URL, { headers: { a: 'b' }, body: 'x' }),
    readCall(URL, URL, { headers: [['a', 'b']], body: 'x' }),
  ];
  const before = read();
  for (const name of PLANTED) {
    Object.defineProperty(Object.prototype, name, {
      __proto__: null,
      value: { '@x:hs': { 'ed25519:X': '' } },
      configurable: true,
    } as PropertyDescriptor);
  }
  const after = read();
  const own = after.map((call) => Object.keys(call));
  // Removed at once, because other code cannot cope with these.
  for (const name of PLANTED) delete (Object.prototype as Record<string, unknown>)[name];
  expect(after).toEqual(before);
  expect(own).toEqual(Array(2).fill(['asked', 'url', 'authorization', 'body', 'later']));
});
