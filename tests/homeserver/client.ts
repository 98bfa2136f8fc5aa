import { expect, type Page } from '@playwright/test';
import type { CryptoDiagReport, CryptoStoreStatus } from 'lotus-crypto-diag';

import { readReport } from '../e2e/report';
import type { KeyUpload } from './homeserver';

// Beside the address of the project, which says with which SDK the page was built. Recorded is the client alone.
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

/** Loads the page of the client; it starts if it has a session. */
export async function load(page: Page, path = CLIENT): Promise<void> {
  await page.goto(path);
  await page.waitForFunction(() => 'lab' in window);
  await page.evaluate(() => window.started);
}

/** Loads the page without its client, to change what is stored. */
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

/** When the keys of the device were compared with those that are remembered. */
export async function comparedStore(page: Page): Promise<CryptoStoreStatus> {
  await expect.poll(async () => (await cryptoStore(page))?.identity).not.toBe('not-compared');
  return (await cryptoStore(page)) as CryptoStoreStatus;
}

/** The uploads that carried one-time keys: the others only tell the device's own keys. */
export const withOneTimeKeys = (uploads: KeyUpload[]) => uploads.filter(({ oneTimeKeys }) => oneTimeKeys.length > 0);

/**
 * Those that the server refused because it holds another key under one of the ids. A device that already holds very many
 * is refused too, with `M_TOO_LARGE`: SDK 41.7 uploads fifty more after each to-device message and gets there by itself.
 */
export const refusedAsExisting = (uploads: KeyUpload[]) =>
  uploads.filter(({ response }) => response?.includes('already exists'));

/** When the first one-time keys are on the server, and the client knows it: cut off before, it would upload more. */
export async function uploadAccepted(page: Page, { uploads }: { uploads(): Promise<KeyUpload[]> }): Promise<void> {
  await expect.poll(async () => withOneTimeKeys(await uploads()).at(-1)?.status, { timeout: 40_000 }).toBe(200);
  // The client works on the answer; by the end of the next sync it has.
  await nextSync(page);
}

/** The report as a person would save it, held to its schema. */
export async function reportOf(page: Page): Promise<CryptoDiagReport> {
  const json = await page.evaluate(() =>
    window.lib.collectCryptoDiagReport(window.lab.client, { sdkVersion: window.lab.sdkVersion }),
  );
  return readReport(json);
}

/** A browser that evicts, or a person who clears: the crypto store goes, the session stays. The client is not started. */
export async function evict(page: Page): Promise<void> {
  await loadIdle(page);
  await page.evaluate((names) => window.lab.deleteDatabases(names), CRYPTO_DATABASES);
}

export const uploadLoop = (page: Page) => page.evaluate(() => window.lib.getSnapshot().uploadLoop);
