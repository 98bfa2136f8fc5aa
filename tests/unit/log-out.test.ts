// Logging out a device without a client: what counts as success, and the error otherwise.
import { logOutDevice } from 'lotus-crypto-diag';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

const answers = (answer: () => Promise<Response>) => {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(answer);
  vi.stubGlobal('fetch', fetch);
  return fetch;
};
const json = (status: number, body: unknown) => async () => new Response(JSON.stringify(body), { status });

it('logOutDevice sends one request with the token of the session', async () => {
  const fetch = answers(json(200, {}));
  await logOutDevice('https://hs/', 'token');
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(fetch.mock.calls[0]).toEqual([
    'https://hs/_matrix/client/v3/logout',
    { method: 'POST', headers: { authorization: 'Bearer token' } },
  ]);
});

it('logOutDevice treats an unknown token as logged out', async () => {
  answers(json(401, { errcode: 'M_UNKNOWN_TOKEN', error: 'Unknown token' }));
  await expect(logOutDevice('https://hs', 'token')).resolves.toBeUndefined();
});

it.each([
  ['a refusal', json(403, { errcode: 'M_FORBIDDEN', error: 'No' }), 'the homeserver answered 403 (No)'],
  ['another 401', json(401, { errcode: 'M_MISSING_TOKEN' }), 'the homeserver answered 401'],
  ['an error page', async () => new Response('<html>', { status: 502 }), 'the homeserver answered 502'],
  ['no network', () => Promise.reject(new TypeError('Failed to fetch')), 'the homeserver cannot be reached'],
])('logOutDevice rejects with a readable error: %s', async (_, answer, words) => {
  answers(answer);
  await expect(logOutDevice('https://hs', 'token')).rejects.toThrow(words);
});
