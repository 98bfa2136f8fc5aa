// Storage: what the browser promises, and whether the crypto store is still the same.
import { DATABASE, deleteDatabase, makeDatabase } from '../e2e/crypto-database';
import { differs } from './differences';
import { expect, started, type Tab, test } from './driver/test';

/** Checks the crypto store of a client with these keys. */
const check = (tab: Tab, key: string | null) =>
  tab.evaluate(async (ed25519) => {
    const crypto = { getOwnDeviceKeys: async () => ({ ed25519, curve25519: `c${ed25519}` }) };
    const client = {
      getUserId: () => '@a:hs',
      getDeviceId: () => 'DEVICE',
      getCrypto: () => crypto,
    };
    return window.lib.checkCryptoStore(ed25519 === null ? { userId: '@a:hs', deviceId: 'DEVICE' } : client);
  }, key);

const makeStore = (tab: Tab) => tab.evaluate(makeDatabase, DATABASE);
const deleteStore = (tab: Tab) => tab.evaluate(deleteDatabase, DATABASE);

test('the report contains the state of the storage, or that the browser does not support it', async ({
  engineBrowser,
  engine,
}) => {
  const tab = await engineBrowser.open('/bare.html');
  await started(tab);
  const supported = !differs(engine, 'noStorageManager');
  const status = await tab.evaluate(() => window.lib.requestPersistentStorage());
  expect(status).toMatchObject(
    supported
      ? { supported, persisted: false, request: 'denied' }
      : { supported, persisted: null, request: 'unsupported' },
  );
  const report = JSON.parse(await tab.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
  expect(report.storage.supported).toBe(supported);
  expect(report.status.state).not.toBe('failed');
});

for (const privately of [false, true]) {
  test.describe(privately ? 'in a private window' : 'in a window', () => {
    test.use({ privately });

    test('a new, an unchanged, a deleted and a changed crypto store are distinguished', async ({ engineBrowser }) => {
      const tab = await engineBrowser.open('/bare.html');
      await started(tab);
      expect(await check(tab, null)).toMatchObject({ verdict: 'first-run', databaseExisted: false });
      await makeStore(tab);
      expect(await check(tab, 'one')).toMatchObject({ identity: 'first-seen' });

      await tab.reload();
      await started(tab);
      await check(tab, null);
      expect(await check(tab, 'one')).toMatchObject({ verdict: 'healthy', databaseExisted: true, identity: 'same' });

      await deleteStore(tab);
      await tab.reload();
      await started(tab);
      expect(await check(tab, null)).toMatchObject({ verdict: 'evicted', databaseExisted: false, keysDeleted: true });
      await makeStore(tab);
      expect(await check(tab, 'two')).toMatchObject({ verdict: 'identity-changed', identity: 'changed' });
    });
  });
}
