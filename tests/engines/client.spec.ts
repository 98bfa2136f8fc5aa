// The real SDK and homeserver: a login, a lost store, the refusals, the prompt, the logout; and a second tab.
import { homeserver, lab } from '../homeserver/homeserver';
import { expect, type Tab, test } from './driver/test';

const DATABASES = ['matrix-js-sdk::matrix-sdk-crypto', 'matrix-js-sdk::matrix-sdk-crypto-meta'];

async function load(tab: Tab, path: string): Promise<void> {
  await tab.goto(path);
  await expect.poll(() => tab.evaluate(() => 'lab' in window), { timeout: 30_000 }).toBe(true);
  await tab.evaluate(() => window.started);
}

const store = (tab: Tab) => tab.evaluate(() => window.lib.getSnapshot().cryptoStore);

test('after its crypto store was deleted, a device reports the loss and the loop, and the prompt leads to a new device', async ({
  engineBrowser,
}, { workerIndex }) => {
  test.setTimeout(180_000);
  const testLab = lab(`engine-w${workerIndex}-${Date.now().toString(36)}`);
  const { userId, password } = await homeserver.register('evicted');
  const tab = await engineBrowser.open('/client.html');
  await load(tab, '/client.html');
  const logIn = (url: string, user: string, secret: string) => window.lab.login(url, user, secret);
  const old = await tab.evaluate(logIn, testLab.baseUrl, userId, password);
  await tab.evaluate(() => window.lab.synced());
  const uploads = async () => (await testLab.uploads()).filter(({ oneTimeKeys }) => oneTimeKeys.length > 0);
  await expect.poll(async () => (await uploads()).at(-1)?.status, { timeout: 60_000 }).toBe(200);
  await expect.poll(async () => (await store(tab))?.identity, { timeout: 30_000 }).toBe('first-seen');
  expect(await tab.evaluate(() => window.lib.getSnapshot().counts)).toMatchObject({ 'KE-1': 0 });

  // A second tab of the session waits and opens no store.
  await load(tab, '/gate.html');
  const second = await engineBrowser.open('/gate.html');
  await expect.poll(() => second.text(), { timeout: 30_000 }).toContain('Lotus is open in another tab');
  expect(await second.evaluate(() => window.opened)).not.toContain(DATABASES[0]);
  await second.close();

  await load(tab, '/client.html?idle');
  await tab.evaluate((names) => window.lab.deleteDatabases(names), DATABASES);
  await load(tab, '/gate.html');
  await expect
    .poll(() => tab.evaluate(() => window.lib.getSnapshot().uploadLoop), { timeout: 60_000 })
    .toMatchObject({ state: 'looping', breaker: 'open' });
  expect(await store(tab)).toMatchObject({ verdict: 'identity-changed', databaseExisted: false });
  const report = JSON.parse(await tab.evaluate(() => window.lib.collectCryptoDiagReport(window.lab.client)));
  const trigger = report.diagnosis.findings.find(({ id }: { id: string }) => id === 'ke1-trigger');
  expect(trigger).toMatchObject({ verdict: 'confirmed', conclusion: 'evicted-store' });

  await expect.poll(() => tab.text()).toContain('The encryption of this device is broken');
  await tab.click('How to fix it');
  const reset = 'Reset encryption on this device (log out and back in)';
  await expect.poll(() => tab.text(), { timeout: 30_000 }).toContain(reset);
  await tab.click(reset);
  await expect.poll(() => tab.evaluate(() => localStorage.getItem('session')), { timeout: 30_000 }).toBe(null);
  await load(tab, '/client.html');
  const before = (await uploads()).length;
  const fresh = await tab.evaluate(logIn, testLab.baseUrl, userId, password);
  expect(fresh.deviceId).not.toBe(old.deviceId);
  await expect.poll(async () => (await uploads()).slice(before).at(-1)?.status, { timeout: 60_000 }).toBe(200);
  expect(await tab.evaluate(() => window.lib.getSnapshot().recovery)).toBe(null);
});
