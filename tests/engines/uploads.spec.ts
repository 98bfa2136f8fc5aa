// Refused uploads are seen by the `fetch` wrapper, judged, and answered locally.
import { expect, started, type Tab, test } from './driver/test';

/** Uploads a key like the SDK, and returns the answer. */
const upload = (tab: Tab, where: 'refuse' | 'accept', keyId = 'signed_curve25519:AAAAAAAAAA0') =>
  tab.evaluate(
    async (to, id) => {
      const key = { key: 'k', signatures: { '@a:hs': { 'ed25519:DEVICE': 'sig' } } };
      const url = `${location.origin}/refuse/_matrix/client/v3/keys/upload${to === 'accept' ? '?accept' : ''}`;
      const body = JSON.stringify({ one_time_keys: { [id]: key } });
      const response = await fetch(url, { method: 'POST', body, headers: { Authorization: 'Bearer one' } });
      return { status: response.status, body: await response.json() };
    },
    where,
    keyId,
  );

const uploadLoop = (tab: Tab) => tab.evaluate(() => window.lib.getSnapshot().uploadLoop);

test('after three refusals, repeated uploads are answered locally; uploads of another key reach the server', async ({
  engineBrowser,
}) => {
  const tab = await engineBrowser.open('/auto.html');
  await started(tab);
  const refused = await upload(tab, 'refuse');
  expect(refused.status).toBe(400);
  await upload(tab, 'refuse');
  expect(await uploadLoop(tab)).toMatchObject({ state: 'suspected', refusals: 2, breaker: 'closed', watched: true });
  await upload(tab, 'refuse');
  await expect.poll(() => uploadLoop(tab)).toMatchObject({ state: 'looping', refusals: 3, breaker: 'open' });
  for (let i = 0; i < 4; i++) expect(await upload(tab, 'refuse')).toEqual(refused);
  expect(await uploadLoop(tab)).toMatchObject({ spared: 4, refusals: 3 });
  // Uploads of another key are not affected.
  expect((await upload(tab, 'accept', 'signed_curve25519:other')).status).toBe(200);
  const report = JSON.parse(await tab.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.uploadLoop.refusal).toMatchObject({ keyId: 'signed_curve25519:AAAAAAAAAA0', httpStatus: 400 });
  expect(report.entries.at(-1)).toMatchObject({ ke: 'KE-1', source: 'network', count: 3 });
});

test('`fetch` returns the browser’s own result for accepted, empty, failed and aborted uploads', async ({
  engineBrowser,
}) => {
  const tab = await engineBrowser.open('/auto.html');
  await started(tab);
  const results = await tab.evaluate(async () => {
    const stopped = new AbortController();
    const abandoned = fetch('/hang/_matrix/client/v3/keys/upload', {
      method: 'POST',
      body: '{}',
      signal: stopped.signal,
    });
    const name = abandoned.catch((error: unknown) => (error as Error).name);
    stopped.abort();
    const echo = await fetch('/echo/_matrix/client/v3/keys/upload', { method: 'POST', body: '{"a":1}' });
    const empty = await fetch('/empty/_matrix/client/v3/keys/upload', { method: 'POST', body: '{}' });
    const broken = await fetch('http://127.0.0.1:1/_matrix/client/v3/keys/upload', { method: 'POST' }).catch(
      (error: unknown) => (error as Error).name,
    );
    return {
      isNative: fetch('/echo/x') instanceof Promise,
      aborted: await name,
      echoed: (await echo.json()).body,
      empty: [empty.status, await empty.text()],
      broken,
    };
  });
  expect(results).toEqual({
    isNative: true,
    aborted: 'AbortError',
    echoed: '{"a":1}',
    empty: [400, ''],
    broken: 'TypeError',
  });
});
