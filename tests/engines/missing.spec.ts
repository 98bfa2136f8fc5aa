// What a browser may lack or forbid: the app must still work, and the status and the report must name what is missing.
// Safari removes WebAssembly in Lockdown Mode, and all script-writable storage after seven days without a visit.
import { expect, started, test } from './driver/test';

for (const [what, query] of [
  ['no WebAssembly', 'no-wasm'],
  ['a WebAssembly that refuses', 'wasm-refused'],
] as const) {
  test(`with ${what}, nothing is captured and a report says why`, async ({ engineBrowser }) => {
    const tab = await engineBrowser.open(`/without.html?${query}`);
    await started(tab);
    const result = await tab.evaluate(() => {
      const undo = window.lib.installCryptoDiagLog();
      console.error('x already exists');
      const { status, entries } = JSON.parse(window.lib.buildCryptoDiagReport(undefined));
      undo();
      return { status, entries };
    });
    expect(result).toMatchObject({ status: { state: 'unavailable', reason: expect.any(String) }, entries: [] });
  });
}

test('if storage throws, the store check reports an error and lines are still captured', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/without.html?no-storage');
  await started(tab);
  const result = await tab.evaluate(async () => {
    window.lib.installCryptoDiagLog();
    const store = await window.lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' });
    console.error('x already exists');
    const report = JSON.parse(await window.lib.collectCryptoDiagReport(undefined));
    return { store, state: report.status.state, entries: report.entries.length };
  });
  expect(result).toMatchObject({
    store: { verdict: 'unknown', error: expect.any(String) },
    state: 'running',
    entries: 1,
  });
});

test('if all script-writable storage was deleted, the verdict is first-run', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/auto.html');
  const device = { userId: '@a:hs', deviceId: 'D' };
  await started(tab);
  await tab.evaluate(async (of) => void (await window.lib.checkCryptoStore(of)), device);
  await tab.evaluate(async () => {
    // biome-ignore lint/suspicious/noDocumentCookie: not every engine has a CookieStore.
    document.cookie = 'session=kept; max-age=3600';
    localStorage.clear();
    sessionStorage.clear();
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '');
    for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
  });
  await tab.reload();
  await started(tab);
  const store = await tab.evaluate((of) => window.lib.checkCryptoStore(of), device);
  expect(store).toMatchObject({ verdict: 'first-run', keysDeleted: false });
  expect(await tab.evaluate(() => document.cookie)).toContain('kept');
  expect(await tab.evaluate(() => window.lib.getSnapshot().recovery)).toBe(null);
});
