// A page cannot distinguish a connection to the crypto store that the browser force-closed from a deleted store.
import type { BrowserContext, Page } from '@playwright/test';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';

import { comparedStore, cryptoStore, GATE, load, nextSync, reportOf, synced, uploadAccepted } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { createSharedRoom, sendMediaKey } from './actions';
import { expectDiagnosis } from './diagnosis';

const ORIGIN = 'http://127.0.0.1:4199';

/** As after a backing-store error: closes every connection of the origin and keeps the data. */
async function closeByForce(context: BrowserContext): Promise<void> {
  const internals = await context.newPage();
  await internals.goto('chrome://indexeddb-internals/');
  await internals.locator('.indexeddb-origin', { hasText: ORIGIN }).locator('.force-close').click();
  await expect(internals.locator('.connection-count').first()).toHaveText('0');
  await internals.close();
}

/** As the browser does when it evicts: closes the connections and deletes the databases. */
async function clear(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: ORIGIN, storageTypes: 'indexeddb' });
}

const isListed = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).some(({ name }) => name?.endsWith('::matrix-sdk-crypto')));

const WORDS = /InvalidStateError.*The database connection is closing/s;

test('for a force-closed connection, the diagnosis advises a reload, and the reload fixes it', async ({
  lab,
  logIn,
}) => {
  const { page, ...device } = await logIn(await lab.register('closed'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  const sender = await connect(lab.baseUrl, await lab.register('sender'));
  await load(page, GATE);
  await expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
  await synced(page);
  await comparedStore(page);
  // Wait until the SDK has finished writing: interrupted in a write, it would wait for ever without logging anything.
  await nextSync(page);
  await nextSync(page);

  await closeByForce(page.context());
  await sender.sendToDevice(device, 'm.dummy', {});
  const lost = { verdict: 'connection-lost', databaseListed: true, identity: 'same' };
  await expect.poll(() => cryptoStore(page), { timeout: 30_000 }).toMatchObject(lost);
  expect(await isListed(page)).toBe(true);
  const report = await reportOf(page);
  expect(report.cryptoStore?.loss?.message).toMatch(WORDS);
  expect(report.counts['KE-1']).toBe(0);
  const summary = expectDiagnosis(report, {
    'crypto-store': { verdict: 'confirmed', conclusion: 'connection-lost' },
  });
  expect(summary).toContain('the page lost its connection to the crypto store');
  const findings = Object.fromEntries(diagnoseReport(report).diagnosis.findings.map((one) => [one.id, one]));
  expect(findings['crypto-store']?.next).toContain('Reload the page');
  // Nothing was deleted, and no user may be told to log out of a device that a reload fixes.
  expect(findings['ke1-trigger']?.conclusion).not.toBe('evicted-store');
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toBeNull();
  await expect(page.getByTestId('crypto-diagnostics')).toContainText('Reload this page');
  await expect(page.getByRole('region', { name: 'The encryption of this device is broken' })).toHaveCount(0);

  await load(page);
  await synced(page);
  const healed = { verdict: 'healthy', identity: 'same', databaseExisted: true, loss: null, ...device };
  expect(await comparedStore(page)).toMatchObject(healed);
  // The report contains the previous page's loss, and that it is over.
  const after = await reportOf(page);
  expect(after.earlier.at(-1)).toMatchObject({ end: 'closed', cryptoStore: { verdict: 'connection-lost' } });
  expectDiagnosis(after, { 'crypto-store': { verdict: 'confirmed', conclusion: 'connection-lost' } });
  const { findings: now } = diagnoseReport(after).diagnosis;
  expect(now.find(({ id }) => id === 'crypto-store')).toMatchObject({ over: expect.any(String) });
  // The device works: it can decrypt a media key sent to it.
  const peer = await logIn(await lab.register('peer'));
  await createSharedRoom(peer, { page, ...device });
  await expect(async () => expect(await sendMediaKey(peer, { page, ...device })).toBe(true)).toPass({
    timeout: 30_000,
  });
  const kinds = async () => (await reportOf(page)).entries.map(({ detail }) => detail.kind);
  await expect.poll(kinds, { timeout: 30_000 }).toEqual(['to-device-opened']);
});

test('a store deleted while the page runs is evicted, and after a reload the identity is changed', async ({
  lab,
  logIn,
}) => {
  const { page, ...device } = await logIn(await lab.register('deleted'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  const sender = await connect(lab.baseUrl, await lab.register('sender'));
  await clear(page);
  await sender.sendToDevice(device, 'm.dummy', {});
  await expect
    .poll(() => cryptoStore(page), { timeout: 30_000 })
    .toMatchObject({ verdict: 'evicted', databaseListed: false });
  const report = await reportOf(page);
  // The same texts as above: they are one sign, and the browser's list is the other.
  expect(report.cryptoStore?.loss?.message).toMatch(WORDS);
  expectDiagnosis(report, { 'ke1-trigger': { verdict: 'confirmed', conclusion: 'evicted-store' } });
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'store-lost' });

  await load(page);
  await synced(page);
  expect(await comparedStore(page)).toMatchObject({ verdict: 'identity-changed', identity: 'changed', ...device });
});
