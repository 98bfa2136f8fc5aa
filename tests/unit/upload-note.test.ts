// What is noted of an upload of keys: who sends it where, and digests of what it carries.
import { expect, it } from 'vitest';

import { noteOf, whereOf } from '../../crate/capture/js/upload.js';

const URL = 'https://hs/_matrix/client/v3/keys/upload';
const line = (input: unknown, init?: object, url = URL) => whereOf(url, input, init).line;
const noted = (body: unknown) => noteOf({ url: URL, line: '' }, URL, { body: JSON.stringify(body) }).text;
const key = (user: string, device: string, value = 'k') => ({
  key: value,
  signatures: { [user]: { [`ed25519:${device}`]: 'sig' } },
});
/** Without the digests. */
const facts = (body: unknown) => noted(body).replaceAll(/(key \S+|with) \S+/g, '$1');

it('a token is the same in whatever form the headers are', () => {
  const bearer = 'Bearer s3cret';
  const [first, ...others] = [
    { Authorization: bearer },
    { AUTHORIZATION: bearer, 'content-type': 'x', 'x-number': 1 },
    new Headers({ authorization: bearer }),
    [
      ['a', 'b'],
      ['authorization', bearer],
    ],
  ].map((headers) => line(URL, { headers }));
  expect(first).toMatch(/^at \S+ \S+\n$/);
  expect(first).not.toContain('s3cret');
  expect(new Set(others)).toEqual(new Set([first]));
  expect(line(new Request(URL, { method: 'POST', headers: { authorization: bearer } }))).toBe(first);
});

it('another server, token, user or device is another sender; the version of the API and the rest of the query are not', () => {
  const at = (url: string, headers = {}) => line(url, { headers }, url);
  const different = [
    URL,
    URL.replace('hs', 'other'),
    URL.replace('hs', 'hs:8448'),
    URL.replace('https', 'http'),
    URL.replace('hs', 'hs/base'),
    ...[
      'access_token=a',
      'access_token=b',
      'user_id=@a:hs',
      'user_id=@b:hs',
      'device_id=A',
      'access_token=a&user_id=@a:hs',
    ],
  ].map((url) => at(url.includes('://') ? url : `${URL}?${url}`));
  different.push(at(URL, { Authorization: 'Bearer a' }), at(URL, { Authorization: 'Bearer b' }));
  expect(new Set(different).size).toBe(different.length);
  for (const url of [
    URL.replace('v3', 'r0'),
    `${URL}/DEVICE`,
    `${URL}?cache=1`,
    `${URL}#x`,
    URL.replace('hs', 'HS:443'),
  ]) {
    expect(at(url), url).toBe(at(URL));
  }
});

it.each<[string, unknown]>([
  ['can be read once', new Map([['authorization', 'x']]).entries()],
  [
    'has a getter',
    {
      get Authorization() {
        return 'x';
      },
    },
  ],
  ['is no text', { Authorization: 1 }],
  ['has entries that are none', [1]],
  ['is a text', 'authorization'],
])('headers of which one %s: who sends it is not known', (_, headers) => {
  expect(line(URL, { headers })).toBe('');
});

it('who signed the keys is noted, and not whom the keys do not name for certain', () => {
  const otk = (value: unknown) => ({ one_time_keys: { a: value } });
  expect(facts(otk(key('@a:hs', 'A')))).toBe('by @a:hs A\nkey a\n');
  for (const value of [
    'bare',
    null,
    [],
    { key: 'k' },
    { key: 'k', signatures: null },
    { key: 'k', signatures: { '@a:hs': {} } },
    { key: 'k', signatures: { '@a:hs': { 'ed25519:A': '', 'ed25519:B': '' } } },
    { key: 'k', signatures: { '@a:hs': { 'ed25519:A': '' }, '@b:hs': { 'ed25519:A': '' } } },
    { key: 'k', signatures: { '@a:hs': { 'rsa:A': '' } } },
    key('@a:hs', ''),
    key('@a:hs\nby', 'A'),
    key('@a:hs', 'A B'),
  ]) {
    expect(facts(otk(value)), JSON.stringify(value)).toBe('by \nkey a\n');
  }
  expect(facts({ one_time_keys: { a: key('@a:hs', 'A'), b: key('@a:hs', 'A'), c: key('@b:hs', 'A') } })).toBe(
    'by @a:hs A\nby @b:hs A\nkey a\nkey b\nkey c\n',
  );
  expect(facts({ device_keys: { user_id: '@a:hs', device_id: 'A' } })).toBe('by @a:hs A\nwith\n');
  expect(facts({ device_keys: { user_id: '@a:hs' } })).toBe('by \nwith\n');
  expect(facts({ one_time_keys: { 'a b': key('@a:hs', 'A') } })).toContain('by \n');
  expect(facts({ one_time_keys: {}, fallback_keys: {}, device_keys: null })).toBe('');
});

it('a digest is that of the value, whatever the order of its fields and whoever signed it', () => {
  const one = { key: 'k', extra: { a: 1, b: [1, 2] }, signatures: { x: 1 } };
  const digest = (value: unknown) => noted({ one_time_keys: { a: value } });
  expect(digest({ extra: { b: [1, 2], a: 1 }, signatures: { y: 2 }, key: 'k' })).toBe(digest(one));
  for (const other of [
    { ...one, key: 'l' },
    { ...one, extra: { a: 1, b: [2, 1] } },
    { ...one, extra: null },
    'k',
    '1',
    1,
  ]) {
    expect(digest(other)).not.toBe(digest(one));
  }
  expect(digest('1')).not.toBe(digest(1));
  expect(digest(['a', 'b'])).not.toBe(digest(['ab']));
  const fallback = (value: unknown) => noted({ fallback_keys: { f: value } });
  expect(fallback(one)).toBe(fallback({ ...one }));
  expect(fallback(one)).not.toBe(fallback({ ...one, key: 'l' }));
});

it('no two of a hundred thousand digests are the same', () => {
  const ids = Array.from({ length: 100_000 }, (_, number) => [`k${number}`, `value ${number}`]);
  const digests = noted({ one_time_keys: Object.fromEntries(ids) }).match(/(?<=^key \S+ )\S+/gm);
  expect(new Set(digests).size).toBe(100_000);
});

it.each<[string, unknown]>([
  ['a stream', new ReadableStream()],
  ['a form', new FormData()],
  ['no JSON', '{'],
  ['null', 'null'],
  ['nothing', undefined],
])('a body that is %s: nothing is known of it', (_, body) => {
  const note = noteOf({ url: URL, line: 'at s t\n' }, URL, { body });
  expect(note).toEqual({ who: 'at s t\n', text: 'at s t\nunread', later: undefined });
});

it('a Request, a Blob and bytes are read later, and go out as they are', async () => {
  const body = JSON.stringify({ one_time_keys: { a: key('@a:hs', 'A') } });
  const at = { url: URL, line: '' };
  const { text } = noteOf(at, URL, { body });
  const request = new Request(URL, { method: 'POST', body });
  const notes = [
    noteOf(at, request, undefined),
    noteOf(at, URL, { body: new Blob([body]) }),
    noteOf(at, URL, { body: new TextEncoder().encode(body) }),
  ];
  for (const note of notes) {
    expect(note.text).toBe('unread');
    expect((await note.later)?.text).toBe(text);
  }
  expect(request.bodyUsed).toBe(false);
  expect(await request.text()).toBe(body);
});

const PLANTED = ['one_time_keys', 'signatures', 'get', 'device_keys', 'user_id', 'Authorization', 'later'];

it("what stands on Object.prototype is in nobody's upload", () => {
  const bodies = [{}, { one_time_keys: { a: { key: 'k' } } }, { device_keys: { device_id: 'A' } }];
  const before = [bodies.map(noted), line(URL, { headers: { a: 'b' } })];
  for (const name of PLANTED) {
    Object.defineProperty(Object.prototype, name, {
      __proto__: null,
      value: { '@x:hs': { 'ed25519:X': '' } },
      configurable: true,
    } as PropertyDescriptor);
  }
  const after = [bodies.map(noted), line(URL, { headers: { a: 'b' } })];
  // Others do not bear it.
  for (const name of PLANTED) delete (Object.prototype as Record<string, unknown>)[name];
  expect(JSON.stringify(after)).toBe(JSON.stringify(before));
});
