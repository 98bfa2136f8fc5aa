// The prompt for lost keys, where users meet it: in the middle of the app.
import type { Locator, Page } from '@playwright/test';

import { refusedAsExisting, withOneTimeKeys } from '../homeserver/client';
import type { KeyUpload } from '../homeserver/homeserver';
import { expect, test } from '../homeserver/lab';
import { connect } from '../homeserver/matrix-api';
import { composer, createRoom, deviceOf, logIn, prompt, saveReport, send } from './app-page';

interface LabAccess {
  baseUrl: string;
  register(prefix: string): Promise<{ userId: string; password: string }>;
  uploads(): Promise<KeyUpload[]>;
}

/** A device in its own room, with its keys on the server. */
async function prepareDevice(page: Page, lab: LabAccess): Promise<void> {
  await logIn(page, lab.baseUrl, await lab.register('lost'));
  await createRoom(page, 'the room');
  await send(page, 'a message');
  await expect(page.getByText('a message')).toBeVisible();
  await expect.poll(async () => withOneTimeKeys(await lab.uploads()).at(-1)?.status, { timeout: 40_000 }).toBe(200);
  // Time for the client to process the answer: if the store disappears during a write, the client waits for ever.
  await page.waitForTimeout(1000);
}

/** Does what a browser does when it runs out of space: closes the page's connections and deletes the databases. */
async function loseStores(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(page.url()).origin, storageTypes: 'indexeddb' });
}

/** Reloads the page with a marker from an earlier release, so that no gate stops the client. */
async function reloadPastGate(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith('lotus-crypto-diag/device/'))) {
      const marker = JSON.parse(localStorage.getItem(key) ?? '{}');
      localStorage.setItem(key, JSON.stringify({ ...marker, databaseSeen: null }));
    }
  });
  await page.reload();
}

/** Returns a function that makes the client's sync return at once. */
async function prepareSyncTrigger(page: Page, lab: LabAccess): Promise<() => Promise<unknown>> {
  const device = await deviceOf(page);
  const other = await connect(lab.baseUrl, await lab.register('other'));
  return () => other.sendToDevice(device, 'org.example.nothing', {});
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error(`${locator} is not there`);
  return box;
}

test('the prompt appears without a reload if the stores are deleted while the page runs', async ({ page, lab }) => {
  await prepareDevice(page, lab);
  const sync = await prepareSyncTrigger(page, lab);
  await expect(prompt(page)).toBeHidden();
  await page.evaluate(() => Object.assign(window, { isSamePage: true }));
  await loseStores(page);
  await sync();
  await expect(prompt(page)).toBeVisible();
  expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true);
});

test('if the stores are gone at the next start, the gate stops the client and leads to the login', async ({
  page,
  lab,
}) => {
  await prepareDevice(page, lab);
  await loseStores(page);
  await page.reload();
  const gate = page.getByRole('main', { name: 'This browser deleted the encryption keys of this device' });
  await gate.getByRole('button', { name: 'Log in again' }).click();
  await expect(page).toHaveURL(/\/login/);
  expect(refusedAsExisting(await lab.uploads())).toEqual([]);
});

test('a prompt dismissed for lost keys stays dismissed when uploads are refused', async ({ page, lab }) => {
  await prepareDevice(page, lab);
  const sync = await prepareSyncTrigger(page, lab);
  await loseStores(page);
  // Lets the user react to the lost keys before the first refusal.
  await lab.setRules([{ method: 'POST', path: '/keys/upload$', fault: { kind: 'delay', ms: 5000 } }]);
  await reloadPastGate(page);
  await prompt(page).getByRole('button', { name: 'Not now' }).click();
  await expect(prompt(page)).toBeHidden();
  expect(refusedAsExisting(await lab.uploads())).toEqual([]);
  await lab.clearRules();

  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(async () => {
    await sync();
    expect((await saveReport(page)).uploadLoop.state).toBe('looping');
  }).toPass({ timeout: 60_000 });
  await expect(prompt(page)).toBeHidden();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(prompt(page)).toBeHidden();
});

test('on a small screen the prompt does not cover the composer', async ({ page, lab }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await prepareDevice(page, lab);
  await loseStores(page);
  await reloadPastGate(page);
  await expect(prompt(page)).toBeVisible();
  const [above, below] = [await boxOf(prompt(page)), await boxOf(composer(page))];
  const isApart = above.y + above.height <= below.y || below.y + below.height <= above.y;
  expect(isApart, `the prompt ${JSON.stringify(above)}, the composer ${JSON.stringify(below)}`).toBe(true);
  await send(page, 'a message written beside the prompt');
  await expect(page.getByText('a message written beside the prompt')).toBeVisible();
});

test('the prompt is above the open settings', async ({ page, lab }) => {
  await prepareDevice(page, lab);
  await loseStores(page);
  await reloadPastGate(page);
  await expect(prompt(page)).toBeVisible();
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  // Playwright clicks only an element that would receive the click.
  await prompt(page).getByRole('button', { name: 'Not now' }).click({ timeout: 5000 });
  await expect(prompt(page)).toBeHidden();
});
