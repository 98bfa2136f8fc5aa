// The repair without logout: a device whose uploads are refused is repaired by its own client, and stays logged in.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { readReport } from '../../e2e/report';
import {
  type Account,
  comparedStore,
  type Device,
  evict,
  GATE,
  load,
  login,
  refusedAsExisting,
  reportOf,
  synced,
  uploadAccepted,
  uploadLoop,
  withOneTimeKeys,
} from '../client';
import { test as base, expect } from '../lab';
import { connect, type Session } from '../matrix-api';
import { createSharedRoom, expectMessageRead, provokeUpload, restoreOlderStore } from './actions';

/** A device whose keys were accepted, and somebody who may claim them. */
const test = base.extend<{ healthy: { account: Account; victim: Device; claimer: Session } }>({
  healthy: async ({ lab, logIn }, use) => {
    const account = await lab.register('victim');
    const victim = await logIn(account);
    const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
    await uploadAccepted(victim.page, lab);
    await comparedStore(victim.page);
    await use({ account, victim, claimer });
  },
});

const repair = ({ page }: Device) => page.evaluate(() => window.lib.repairOneTimeKeys(window.lab.client));
const identityOf = ({ page }: Device) => page.evaluate(() => window.lab.client?.getCrypto()?.getOwnDeviceKeys());
const looping = ({ page }: Device) =>
  expect.poll(async () => (await uploadLoop(page)).state, { timeout: 60_000 }).toBe('looping');

/** Longer than anything the SDK does by itself. */
const TRAFFIC_MS = 180_000;

test('the repair of a restored store ends the loop, and messages are readable in both directions, also after a reload', async ({
  lab,
  logIn,
  healthy,
}) => {
  test.setTimeout(420_000);
  const { account, victim, claimer } = healthy;
  await victim.page.evaluate(() => window.lab.setUpBackup());
  const other = await logIn(account);
  const identity = await identityOf(victim);
  await restoreOlderStore(lab, victim, claimer);
  await looping(victim);
  // A peer claims an outdated key, so its message cannot be decrypted. Before those, the server hands out the keys that
  // the store knows.
  const dead = (await uploadLoop(victim.page)).refusal?.keyId;
  for (let claims = 0; claims < 100 && (await claimer.claim(victim)) !== dead; claims++);
  const peer = await logIn(await lab.register('claimed-a-dead-key'));
  const room = await createSharedRoom(peer, victim);
  await peer.page.evaluate((id) => window.lab.send(id, 'lost'), room);
  const lines = () => victim.page.evaluate((id) => window.lab.read(id), room);
  await expect.poll(async () => (await lines()).map(({ body }) => body), { timeout: 30_000 }).toEqual([null]);
  const trust = () =>
    victim.page.evaluate(async () => {
      const crypto = window.lab.client?.getCrypto();
      return [await crypto?.getActiveSessionBackupVersion(), await crypto?.isCrossSigningReady()];
    });
  const trusted = await trust();

  const status = await repair(victim);
  test
    .info()
    .annotations.push({ type: 'measured', description: JSON.stringify({ ...status, claimed: status.claimed.length }) });
  expect(status).toMatchObject({ state: 'repaired', step: 'testing', problem: null, error: null });
  expect(status.claimed).toHaveLength(status.counted ?? -1);
  expect(await uploadLoop(victim.page)).toMatchObject({ state: 'recovered' });
  expect(await identityOf(victim)).toEqual(identity);
  expect((await reportOf(victim.page)).repair).toEqual(status);
  expect(await trust()).toEqual(trusted);

  const before = (await lab.uploads()).length;
  const stranger = await logIn(await lab.register('first-contact'));
  const first = await createSharedRoom(stranger, victim);
  await expectMessageRead(stranger, victim, first, 'to the repaired device');
  await expectMessageRead(victim, stranger, first, 'and back');
  await expectMessageRead(stranger, other, first, 'to the other device of the same user');
  await expectMessageRead(victim, peer, room, 'one message to who was not understood');
  await expectMessageRead(peer, victim, room, 'and now they are');
  const began = Date.now();
  while (Date.now() - began < TRAFFIC_MS) await provokeUpload(lab, claimer, victim);
  await load(victim.page);
  await synced(victim.page);
  await provokeUpload(lab, claimer, victim);
  await expectMessageRead(stranger, victim, first, 'after the reload');
  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
  expect((await comparedStore(victim.page)).verdict).toBe('healthy');
});

test('a repair interrupted by a reload, server errors or a dropped request can be repeated', async ({
  lab,
  healthy,
}) => {
  const { victim, claimer } = healthy;
  await restoreOlderStore(lab, victim, claimer);
  await looping(victim);
  const claims = async () => (await lab.requests({ method: 'POST', path: /\/keys\/claim$/ })).length;

  const first = await claims();
  await lab.setRules([{ path: '/keys/claim$', fault: { kind: 'delay', ms: 300 } }]);
  void repair(victim).catch(() => {});
  await expect.poll(claims).toBeGreaterThan(first + 2);
  await load(victim.page);
  await comparedStore(victim.page);
  await looping(victim);

  for (const fault of [
    { kind: 'status', status: 403, body: { errcode: 'M_FORBIDDEN', error: 'no' } },
    { kind: 'status', status: 502 },
    { kind: 'drop' },
  ] as const) {
    await lab.setRules([{ path: '/keys/claim$', times: 1, fault }]);
    expect(await repair(victim)).toMatchObject({ state: 'failed', problem: 'server' });
    expect((await uploadLoop(victim.page)).state, 'never worse than before').toBe('looping');
  }
  const body = { errcode: 'M_LIMIT_EXCEEDED', error: 'slow down', retry_after_ms: 50 };
  await lab.setRules([{ path: '/keys/claim$', times: 6, fault: { kind: 'status', status: 429, body } }]);
  expect(await repair(victim)).toMatchObject({ state: 'repaired', waits: 6 });
  await lab.clearRules();
  const before = (await lab.uploads()).length;
  await provokeUpload(lab, claimer, victim);
  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
});

test('a repair fails if a tab is opened meanwhile, and works if a peer claims keys meanwhile', async ({
  lab,
  healthy,
}) => {
  const { victim, claimer } = healthy;
  await restoreOlderStore(lab, victim, claimer);
  await looping(victim);
  const claims = async () => (await lab.requests({ method: 'POST', path: /\/keys\/claim$/ })).length;
  await lab.setRules([{ path: '/keys/claim$', fault: { kind: 'delay', ms: 200 } }]);

  const before = await claims();
  const interrupted = repair(victim);
  await expect.poll(claims).toBeGreaterThan(before + 1);
  const second = await victim.page.context().newPage();
  await second.goto('http://127.0.0.1:4199/auto.html');
  expect(await interrupted).toMatchObject({ state: 'failed', problem: 'not-alone' });
  expect((await uploadLoop(victim.page)).state).toBe('looping');
  await second.close();
  await load(victim.page);
  await comparedStore(victim.page);
  await looping(victim);

  const repairing = repair(victim);
  for (let claim = 0; claim < 3; claim++) await claimer.claim(victim);
  const status = await repairing;
  expect(status).toMatchObject({ state: 'repaired', problem: null });
  await lab.clearRules();
});

test('the prompt offers the report and the repair by keyboard, and reports success', async ({ lab, healthy }) => {
  const { victim, claimer } = healthy;
  const { page } = victim;
  await restoreOlderStore(lab, victim, claimer);
  await page.goto(GATE);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).press('Enter', { timeout: 60_000 });
  const repairing = prompt.getByRole('region', { name: 'Repair without logging out' });
  await expect(repairing).toContainText('you stay logged in');
  const saved = page.waitForEvent('download');
  await repairing.getByRole('button', { name: 'Download report' }).press('Enter');
  expect((await saved).suggestedFilename()).toMatch(/^lotus-crypto-diag-.*\.json$/);
  const report = readReport(readFileSync(await (await saved).path(), 'utf8'));
  expect(report.environment.app).toBe('Gated app');
  await expect(repairing.getByText('Saved as lotus-crypto-diag-')).toBeVisible();
  await repairing.getByRole('button', { name: 'Repair now' }).press('Enter');

  const repaired = page.getByRole('region', { name: 'The encryption of this device is repaired' });
  await expect(repaired).toBeVisible({ timeout: 90_000 });
  await expect(repaired.getByRole('status')).toContainText('accepts the keys of this device again');
  await repaired.getByRole('button', { name: 'Close' }).press('Enter');
  await expect(repaired).toBeHidden();
  await expect(prompt).toBeHidden();
  expect(await uploadLoop(page)).toMatchObject({ state: 'recovered' });
});

test('with several tabs on one store, the repair is refused until one tab is left and reloaded', async ({
  context,
  page,
  lab,
}) => {
  const device = { page, ...(await login(page, lab.baseUrl, await lab.register('two-tabs'))) };
  await uploadAccepted(page, lab);
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  await load(page);
  await comparedStore(page);
  const second = await context.newPage();
  await load(second);
  await synced(second);
  for (let round = 0; round < 3; round++) await provokeUpload(lab, claimer, device);
  // Which tab is refused, and whether one is, is a race.
  const isLooping = async () => (await uploadLoop(page)).state === 'looping';
  for (let waited = 0; waited < 20 && !(await isLooping()); waited++) await sleep(500);
  const problem = (await isLooping()) ? 'not-alone' : 'no-loop';
  expect(await repair(device)).toMatchObject({ state: 'refused', problem, claimed: [] });
  await second.close();
  if (await isLooping()) expect(await repair(device)).toMatchObject({ state: 'refused', problem: 'reload-first' });
  await load(page);
  await comparedStore(page);
  await synced(page);
  for (let waited = 0; waited < 20 && !(await isLooping()); waited++) await sleep(500);
  const wasLooping = await isLooping();
  test.info().annotations.push({ type: 'measured', description: `refused after the reload: ${wasLooping}` });
  console.log(`  several tabs: ${problem}; refused after the reload: ${wasLooping}`);
  if (wasLooping) expect(await repair(device)).toMatchObject({ state: 'repaired', problem: null });
  const before = (await lab.uploads()).length;
  await provokeUpload(lab, claimer, device);
  expect(refusedAsExisting((await lab.uploads()).slice(before))).toEqual([]);
});

test('after an eviction, the repair is refused and sends nothing', async ({ lab, healthy }) => {
  const { victim } = healthy;
  await evict(victim.page);
  await load(victim.page);
  await synced(victim.page);
  await looping(victim);
  const requests = async () => (await lab.requests({ method: 'POST', path: /\/keys\/(claim|upload)$/ })).length;
  expect(await repair(victim)).toMatchObject({ state: 'refused', problem: 'identity-not-same', claimed: [] });

  // With a forgotten and rewritten marker, only the signature shows it.
  await victim.page.evaluate(() =>
    localStorage.removeItem(Object.keys(localStorage).find((key) => key.startsWith('lotus-crypto-diag/device/')) ?? ''),
  );
  for (let start = 0; start < 2; start++) {
    await load(victim.page);
    await comparedStore(victim.page);
  }
  await looping(victim);
  const before = await requests();
  const uploadsBefore = withOneTimeKeys(await lab.uploads()).length;
  expect(await repair(victim)).toMatchObject({ state: 'refused', problem: 'foreign-key', claimed: [] });
  await sleep(500);
  const uploads = withOneTimeKeys(await lab.uploads()).length - uploadsBefore;
  expect((await requests()) - before, 'none but the loop itself').toBe(uploads);
});
