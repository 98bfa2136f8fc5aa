import { expect, type Page } from '@playwright/test';
import type { CryptoDiagReport, CryptoStoreStatus } from 'lotus-crypto-diag';

import { readReport } from '../e2e/report';
import type { KeyUpload } from './homeserver';

// Relative to the project's address, which selects the SDK of the page. For recordings, the page without the library.
export const PLAIN = 'plain.html';
export const CLIENT = process.env['RECORD'] ? PLAIN : 'client.html';
export const GATE = 'gate.html';
export const CRYPTO_DATABASES = ['matrix-js-sdk::matrix-sdk-crypto', 'matrix-js-sdk::matrix-sdk-crypto-meta'];

export interface Account {
  userId: string;
  password: string;
}

export interface DeviceId {
  userId: string;
  deviceId: string;
}

export interface Device extends DeviceId {
  page: Page;
}

/** Loads the client's page; the client starts if it has a session. */
export async function load(page: Page, path = CLIENT): Promise<void> {
  await page.goto(path);
  await page.waitForFunction(() => 'lab' in window);
  await page.evaluate(() => window.started);
}

/** Loads the page without starting the client, to change the storage. */
export async function loadIdle(page: Page): Promise<void> {
  await page.goto(`${CLIENT}?idle`);
  await page.waitForFunction(() => 'lab' in window);
}

export async function login(
  page: Page,
  baseUrl: string,
  { userId, password }: Account,
  path = CLIENT,
): Promise<DeviceId> {
  await load(page, path);
  const ids = await page.evaluate(([url, name, secret]) => window.lab.login(url, name, secret), [
    baseUrl,
    userId,
    password,
  ] as const);
  await synced(page);
  return ids;
}

export const synced = (page: Page) => page.evaluate(() => window.lab.synced());

export const nextSync = (page: Page) =>
  page.evaluate(
    () => new Promise<void>((resolve) => window.lab.client?.once('sync' as never, (() => resolve()) as never)),
  );

export const cryptoStore = (page: Page): Promise<CryptoStoreStatus | null> =>
  page.evaluate(() => window.lib.getSnapshot().cryptoStore);

/** Waits until the device's keys were compared with the remembered ones. */
export async function comparedStore(page: Page): Promise<CryptoStoreStatus> {
  await expect.poll(async () => (await cryptoStore(page))?.identity).not.toBe('not-compared');
  return (await cryptoStore(page)) as CryptoStoreStatus;
}

/** The uploads with one-time keys: the others contain only the device's identity keys. */
export const withOneTimeKeys = (uploads: KeyUpload[]) => uploads.filter(({ oneTimeKeys }) => oneTimeKeys.length > 0);

/**
 * The uploads that the server refused because it holds another key under one of the ids. A device with very many keys
 * is refused too, with `M_TOO_LARGE`: SDK 41.7 uploads fifty more after each to-device message and reaches that by
 * itself.
 */
export const refusedAsExisting = (uploads: KeyUpload[]) =>
  uploads.filter(({ response }) => response?.includes('already exists'));

/**
 * Waits until the first one-time keys are on the server and the client knows it: interrupted earlier, it would upload
 * more.
 */
export async function uploadAccepted(page: Page, { uploads }: { uploads(): Promise<KeyUpload[]> }): Promise<void> {
  await expect.poll(async () => withOneTimeKeys(await uploads()).at(-1)?.status, { timeout: 40_000 }).toBe(200);
  // At the end of the next sync, the client has processed the answer.
  await nextSync(page);
}

/** The report as a user would save it, validated against its schema. */
export async function reportOf(page: Page): Promise<CryptoDiagReport> {
  const json = await page.evaluate(() =>
    window.lib.collectCryptoDiagReport(window.lab.client, { sdkVersion: window.lab.sdkVersion }),
  );
  return readReport(json);
}

/**
 * Does what an eviction or a user clearing the data does: deletes the crypto store and keeps the session. Does not
 * start the client.
 */
export async function evict(page: Page): Promise<void> {
  await loadIdle(page);
  await page.evaluate((names) => window.lab.deleteDatabases(names), CRYPTO_DATABASES);
}

export const uploadLoop = (page: Page) => page.evaluate(() => window.lib.getSnapshot().uploadLoop);
