// The `fetch` wrapper around a `fetch` that behaves oddly; the end-to-end tests use the browser's own.
import { afterEach, expect, it, vi } from 'vitest';

import { type UploadCall, watchFetch } from '../../crate/capture/js/fetch.js';

const URL = 'https://hs/_matrix/client/v3/keys/upload';
const INIT = { method: 'POST', body: JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAA': {} } }) };

/** For an answer of the server: status, status text, URL. For a failure: 0 and the error. */
type Report = [number, unknown, string?];

/** `browserFetch` is called by the wrapped `fetch`. */
function page(browserFetch: () => unknown, onReport = (..._report: Report): void => {}) {
  const reports: Report[] = [];
  const failures: unknown[] = [];
  const scope = { fetch: browserFetch as (url: string, init?: object) => unknown };
  const control = new AbortController();
  const note = (...report: Report) => {
    reports.push(report);
    onReport(...report);
  };
  watchFetch(
    scope,
    {
      onStart: () => null,
      onErrorResponse: () => {},
      onResponse: (_, status, _text, body, url) => note(status, body, url),
      onNoResponse: ({ asked }, error) => note(0, error, asked),
      onLogout: () => note(200, 'logged out'),
    },
    (error) => {
      failures.push(error);
      control.abort();
    },
    control.signal,
  );
  return { upload: () => scope.fetch(URL, INIT), reports, failures, scope };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 10));
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

afterEach(() => {
  unhandled.length = 0;
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
])('if fetch returns %s instead of a promise, the caller gets this value', (_, given) => {
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
])('a response that %s is not reported, and the next one is', async (_, odd) => {
  const answers = [odd, new Response('{}', { status: 200 })];
  const { upload, reports, failures } = page(async () => answers.shift());
  expect(await upload()).toBe(odd);
  expect(reports).toEqual([]);
  await upload();
  await settle();
  expect(reports).toEqual([[200, '{}', URL]]);
  expect(failures).toEqual([]);
});

it('a trap restores fetch', async () => {
  const original = async () => new Response('{}', { status: 200 });
  const trap = vi.fn(() => {
    throw new WebAssembly.RuntimeError('unreachable');
  });
  const { scope } = page(original, trap);
  const ours = scope.fetch;
  expect(await ours(URL, INIT)).toMatchObject({ status: 200 });
  await settle();
  expect(await ours(URL, INIT)).toMatchObject({ status: 200 });
  await settle();
  expect(trap).toHaveBeenCalledOnce();
  expect(scope.fetch).toBe(original);
});

const problem = new TypeError('Failed to fetch');

it.each<[string, () => Promise<unknown>, Report]>([
  [
    'an accepted upload',
    async () => new Response('{"one_time_key_counts":{}}'),
    [200, '{"one_time_key_counts":{}}', URL],
  ],
  ['a refusal', async () => new Response('{"error":"x"}', { status: 400 }), [400, '{"error":"x"}', URL]],
  ['an answer without end', async () => new Response('x'.repeat(2_000_000)), [200, 'x'.repeat(2 ** 20), URL]],
  ['no answer', () => Promise.reject(problem), [0, problem, URL]],
])('%s is reported with status, body and URL', async (_, browserFetch, expected) => {
  const { upload, reports } = page(browserFetch);
  await Promise.resolve(upload()).catch(() => {});
  await settle();
  expect(reports).toEqual([expected]);
});

it('a failed request is reported before the caller gets the error', async () => {
  const { upload, reports } = page(() => Promise.reject(problem));
  expect(await Promise.resolve(upload()).catch(() => reports.length)).toBe(1);
});

/** Uploads are answered with this refusal if `answerFor` says so, otherwise by the server. */
function holdingBack(answerFor: (call: UploadCall) => { afterMs: number } | null) {
  const scope = { fetch: async (_url: string, _init?: object) => new Response('sent') };
  const onStart = (call: UploadCall) => {
    const refusal = answerFor(call);
    return refusal && { status: 400, statusText: 'Bad Request', body: '{"error":"x"}', ...refusal };
  };
  const noop = () => {};
  const hooks = { onStart, onErrorResponse: noop, onResponse: noop, onNoResponse: noop, onLogout: noop };
  watchFetch(scope, hooks, noop, new AbortController().signal);
  return (init: object = INIT) => scope.fetch(URL, init);
}

it("an upload that is held back gets a response like the server's, after the given delay", async () => {
  vi.useFakeTimers();
  const delays = [0, 250];
  const upload = holdingBack(() => ({ afterMs: delays.shift() ?? 0 }));
  const response = await upload();
  expect(response).toMatchObject({ status: 400, statusText: 'Bad Request', url: URL, ok: false });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ error: 'x' });
  const second = vi.fn();
  void upload().then(second);
  await vi.advanceTimersByTimeAsync(249);
  expect(second).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(second).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

it('an aborted upload and one that the module does not hold back go to fetch', async () => {
  const answerFor = vi.fn(() => ({ afterMs: 0 }));
  expect(await (await holdingBack(answerFor)({ ...INIT, signal: AbortSignal.abort() })).text()).toBe('sent');
  expect(answerFor).not.toHaveBeenCalled();
  expect(await (await holdingBack(() => null)()).text()).toBe('sent');
  expect(await (await holdingBack(throwing)()).text()).toBe('sent');
  const signal = Object.defineProperty({}, 'aborted', { get: throwing });
  expect(await (await holdingBack(answerFor)({ ...INIT, signal })).text()).toBe('sent');
});

it('a failed upload is one unhandled rejection if the page does not handle it, otherwise none', async () => {
  process.on('unhandledRejection', note);
  const { upload } = page(() => Promise.reject(problem));
  await expect(upload()).rejects.toBe(problem);
  await settle();
  expect(unhandled).toEqual([]);
  upload();
  await settle();
  expect(unhandled).toEqual([problem]);
});

it.each([
  ['https://hs/_matrix/client/v3/logout', 200, true],
  ['https://hs/some/path/_matrix/client/r0/logout/all', 200, true],
  ['https://hs/_matrix/client/v3/logout?a=b', 200, true],
  ['https://hs/_matrix/client/v3/logout', 401, false],
  ['https://hs/_matrix/client/v3/logouts', 200, false],
  ['https://hs/_matrix/client/v3/rooms/logout', 200, false],
  ['https://hs/logout', 200, false],
  ['https://hs/x?y=/_matrix/client/v3/logout', 200, false],
])('a POST to %s with status %i is a logout: %s', async (url, status, isLogout) => {
  const response = new Response('{}', { status });
  const { scope, reports } = page(() => Promise.resolve(response));
  expect(await scope.fetch(url, { method: 'POST' })).toBe(response);
  expect(reports).toEqual(isLogout ? [[200, 'logged out']] : []);
});

it('a failed logout is one unhandled rejection if the page does not handle it, otherwise none', async () => {
  process.on('unhandledRejection', note);
  const { scope, reports } = page(() => Promise.reject(problem));
  const logOut = () => scope.fetch('https://hs/_matrix/client/v3/logout', { method: 'POST' });
  await expect(logOut()).rejects.toBe(problem);
  await settle();
  expect(unhandled).toEqual([]);
  logOut();
  await settle();
  expect([unhandled, reports]).toEqual([[problem], []]);
});
