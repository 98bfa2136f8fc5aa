// What a user does in the host's app, and what can be observed from outside.
import { readFileSync } from 'node:fs';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from '../e2e/report';
import type { Account, DeviceId } from '../homeserver/client';

export const client = (page: Page) => page.getByTestId('client');
export const gate = (page: Page) => page.getByTestId('tab-gate');
export const prompt = (page: Page) => page.getByTestId('crypto-recovery');
export const loginForm = (page: Page) => page.getByRole('form', { name: 'Login' });
export const composer = (page: Page) => page.getByRole('form', { name: 'Composer' });
export const hereButton = (page: Page) => page.getByRole('button', { name: 'Use it here' });
/** The frame of Element Call in the app. */
export const call = (page: Page) => page.getByTitle('Element Call');

export async function logIn(page: Page, homeserver: string, { userId, password }: Account): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Homeserver').fill(homeserver);
  await page.getByLabel('Username').fill(userId);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Login' }).click();
  await expect(client(page)).toBeVisible({ timeout: 30_000 });
}

export async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Logout' }).click();
}

export const deviceOf = (page: Page): Promise<DeviceId> =>
  page.evaluate(() => ({
    userId: localStorage.getItem('cinny_user_id') ?? '',
    deviceId: localStorage.getItem('cinny_device_id') ?? '',
  }));

/** Creates an encrypted room; the app opens it. */
export async function createRoom(page: Page, name: string, invite = ''): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Invite').fill(invite);
  await page.getByRole('button', { name: 'New room' }).click();
  await expect(composer(page)).toBeVisible();
}

export async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel('Message').fill(message);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Saves the report like a user, in the opened settings. */
export async function saveReport(page: Page): Promise<CryptoDiagReport> {
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download report' }).click();
  return readReport(readFileSync(await (await saving).path(), 'utf8'));
}

/** Collects uncaught exceptions of all tabs from now on. */
export function uncaught(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(error.error().message));
  return errors;
}

/**
 * Notes whenever two tabs run a client at the same time, from now on. The app logs when it starts and stops a client.
 */
export function collectClientOverlaps(context: BrowserContext): string[] {
  const running = new Map<Page, string>();
  const found: string[] = [];
  context.on('console', (line) => {
    const page = line.page();
    if (page && line.text() === 'client stopped') running.delete(page);
    if (!page || line.text() !== 'client started') return;
    running.set(page, page.url());
    if (running.size > 1) found.push(`${running.size} clients`);
  });
  // When the page goes, its client is gone, too.
  context.on('request', (request) => {
    if (!request.isNavigationRequest()) return;
    const frame = request.frame();
    if (frame === frame.page().mainFrame()) running.delete(frame.page());
  });
  return found;
}
