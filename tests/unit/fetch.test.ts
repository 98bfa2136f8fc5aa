// What watches `fetch`, over one that does odd things; the browser's own is in the end-to-end tests.
import { afterEach, expect, it, vi } from 'vitest';

import { tapFetch } from '../../crate/capture/js/fetch.js';

const URL = 'https://hs/_matrix/client/v3/keys/upload';
const INIT = { method: 'POST', body: JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAA': {} } }) };

/** The `fetch` below is what is given here. */
function page(below: () => unknown) {
  const settled: number[] = [];
  const failures: unknown[] = [];
  const scope = { fetch: below as (url: string, init?: object) => unknown };
  const control = new AbortController();
  tapFetch(
    scope,
    () => false,
    (_upload, status) => settled.push(status) > 0,
    () => {},
    (error) => {
      failures.push(error);
      control.abort();
    },
    control.signal,
  );
  return { upload: () => scope.fetch(URL, INIT), settled, failures, scope };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));
const strangers: unknown[] = [];
const note = (reason: unknown) => strangers.push(reason);

afterEach(() => {
  strangers.length = 0;
  process.off('unhandledRejection', note);
});

const withThen = (then: PropertyDescriptor) => Object.defineProperty({}, 'then', then);
const throwing = () => {
  throw new Error('no');
};

it.each([
  ['nothing', undefined],
  ['an answer', new Response('{}')],
  ['a promise whose then throws', withThen({ get: throwing })],
  ['a then that is no function', withThen({ value: 1 })],
])('a fetch that gives %s instead of a promise: whoever asked gets that, and nothing is thrown', (_, given) => {
  const { upload, failures } = page(() => given);
  expect(upload()).toBe(given);
  expect(failures).toEqual([]);
});

it.each([
  ['is a plain object', { status: 400, statusText: '', url: URL }],
  [
    'was read already',
    Object.assign(new Response('x', { status: 400 }), {
      clone: () => {
        throw new TypeError('used');
      },
    }),
  ],
  ['is nothing', undefined],
])('an answer that %s costs that answer only', async (_, odd) => {
  const answers = [odd, new Response('{}', { status: 200 })];
  const { upload, settled, failures } = page(async () => answers.shift());
  expect(await upload()).toBe(odd);
  expect(settled).toEqual([]);
  await upload();
  await settle();
  expect(settled).toEqual([200]);
  expect(failures).toEqual([]);
});

it('a trap lets fetch go', async () => {
  const original = async () => new Response('{}', { status: 200 });
  const scope = { fetch: original as (url: string, init?: object) => Promise<Response> };
  const control = new AbortController();
  const trap = vi.fn(() => {
    throw new WebAssembly.RuntimeError('unreachable');
  });
  tapFetch(
    scope,
    () => false,
    trap,
    () => {},
    () => control.abort(),
    control.signal,
  );
  const ours = scope.fetch;
  expect(await ours(URL, INIT)).toMatchObject({ status: 200 });
  await settle();
  expect(await ours(URL, INIT)).toMatchObject({ status: 200 });
  await settle();
  expect(trap).toHaveBeenCalledOnce();
  expect(scope.fetch).toBe(original);
});

const json = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const aborted = Object.assign(new Error('signal is aborted'), { name: 'AbortError' });

it.each<[string, () => Promise<unknown>, [number, string] | undefined]>([
  [
    'an accepted upload',
    async () => json(200, { one_time_key_counts: { signed_curve25519: 400 } }),
    [200, '{"one_time_key_counts":{"signed_curve25519":400}}'],
  ],
  [
    'a refusal',
    async () => json(400, { errcode: 'M_UNKNOWN', error: 'One time key a:B already exists.' }),
    [400, 'One time key a:B already exists.'],
  ],
  [
    'a refusal of Dendrite',
    async () => json(400, { '@a:hs': { D: { error: 'x already exists' } } }),
    [400, '{"@a:hs":{"D":{"error":"x already exists"}}}'],
  ],
  [
    'another 400',
    async () => json(400, { errcode: 'M_TOO_LARGE', error: 'x' }),
    [400, '{"errcode":"M_TOO_LARGE","error":"x"}'],
  ],
  [
    'the page of a proxy',
    async () => new Response('<html>502 Bad Gateway</html>', { status: 502 }),
    [502, '<html>502 Bad Gateway</html>'],
  ],
  ['no answer', () => Promise.reject(new TypeError('Failed to fetch')), [0, 'Failed to fetch']],
  ['what the page gave up itself', () => Promise.reject(aborted), undefined],
])('%s is told with its status and words', async (_, below, expected) => {
  const told: [number, string][] = [];
  const scope = { fetch: below as (url: string, init?: object) => Promise<unknown> };
  tapFetch(
    scope,
    () => false,
    (upload, status, words) => {
      // Without an upload, it only says that an error is still to be read.
      if (upload) told.push([status, words]);
      return false;
    },
    () => {},
    () => {},
    new AbortController().signal,
  );
  await scope.fetch(URL, INIT).catch(() => {});
  await settle();
  expect(told).toEqual(expected ? [expected] : []);
});

it('an upload that fails is told as unhandled where nobody handles it, once, and otherwise not', async () => {
  process.on('unhandledRejection', note);
  const problem = new TypeError('Failed to fetch');
  const { upload } = page(() => Promise.reject(problem));
  await expect(upload()).rejects.toBe(problem);
  await settle();
  expect(strangers).toEqual([]);
  upload();
  await settle();
  expect(strangers).toEqual([problem]);
});
