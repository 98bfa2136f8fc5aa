import { expect, type Page } from '@playwright/test';
import type { CryptoStoreStatus } from 'lotus-crypto-diag';

import type { KeyUpload } from './homeserver';

const PAGE = 'http://127.0.0.1:4199/client.html';
export const CRYPTO_DATABASES = ['matrix-js-sdk::matrix-sdk-crypto', 'matrix-js-sdk::matrix-sdk-crypto-meta'];

/** Loads the page of the client; it starts if it has a session. */
export async function load(page: Page): Promise<void> {
  await page.goto(PAGE);
  await page.waitForFunction(() => 'lab' in window);
  await page.evaluate(() => window.started);
}

/** Loads the page without its client, to change what is stored. */
export async function loadIdle(page: Page): Promise<void> {
  await page.goto(`${PAGE}?idle`);
  await page.waitForFunction(() => 'lab' in window);
}

export async function login(page: Page, baseUrl: string, { userId, password }: { userId: string; password: string }) {
  await load(page);
  const ids = await page.evaluate(([url, name, secret]) => window.lab.login(url, name, secret), [
    baseUrl,
    userId,
    password,
  ] as const);
  await synced(page);
  return ids;
}

export const synced = (page: Page) => page.evaluate(() => window.lab.synced());

export const cryptoStore = (page: Page): Promise<CryptoStoreStatus | null> =>
  page.evaluate(() => window.lib.getSnapshot().cryptoStore);

/** When the keys of the device were compared with those that are remembered. */
export async function comparedStore(page: Page): Promise<CryptoStoreStatus> {
  await expect.poll(async () => (await cryptoStore(page))?.identity).not.toBe('not-compared');
  return (await cryptoStore(page)) as CryptoStoreStatus;
}

/** The uploads that carried one-time keys: the others only tell the device's own keys. */
export const withOneTimeKeys = (uploads: KeyUpload[]) => uploads.filter(({ oneTimeKeys }) => oneTimeKeys.length > 0);

/** When the first one-time keys are on the server, and the client knows it: cut off before, it would upload more. */
export async function uploadAccepted(page: Page, { uploads }: { uploads(): Promise<KeyUpload[]> }): Promise<void> {
  await expect.poll(async () => withOneTimeKeys(await uploads()).at(-1)?.status, { timeout: 40_000 }).toBe(200);
  // The client works on the answer; by the end of the next sync it has.
  await page.evaluate(() => new Promise((resolve) => window.lab.client?.once('sync' as never, resolve as never)));
}
