import { readFileSync } from 'node:fs';

import { expect, type Page } from '@playwright/test';

export const fixture = (path: string): Buffer => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));

/** A file as a user drops it. */
export type Dropped = { name: string; mimeType: string; buffer: Buffer };

export const dropped = (name: string, content: string | Buffer): Dropped => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

/**
 * Opens the viewer. The returned list collects exceptions, dialogs, policy violations and requests to other addresses.
 */
export async function openViewer(page: Page, address = '/demo/viewer.html'): Promise<string[]> {
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  page.on('dialog', (dialog) => {
    pageErrors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const isLocal = ['data:', 'blob:', 'file:'].includes(protocol);
    if (origin !== 'http://127.0.0.1:4199' && !isLocal) pageErrors.push(request.url());
  });
  page.on('console', (line) => line.type() === 'error' && pageErrors.push(line.text()));
  // With a listener, the browser shows no file dialog of its own; that takes a moment to take effect.
  page.on('filechooser', () => undefined);
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`violation: ${event.violatedDirective}`));
  });
  await page.goto(address);
  await expect(page.getByRole('button', { name: 'Choose files' })).toBeVisible();
  return pageErrors;
}

export const drop = (page: Page, ...files: Dropped[]) => page.getByLabel('Files to read').setInputFiles(files);

/** A report written by the demo after replaying recorded sessions. */
export async function reportOf(page: Page, ...recordings: string[]): Promise<string> {
  await page.goto('/demo/index.html');
  await page.getByRole('radio', { name: 'At once' }).check();
  for (const name of recordings) {
    await page.getByRole('button', { name: `Replay ${name}`, exact: true }).click();
    await expect(page.getByText(`${name} was played to its end.`)).toBeVisible();
  }
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download report' }).click();
  return readFileSync(await (await saved).path(), 'utf8');
}

/** The row of a file in the list. */
export const fileItem = (page: Page, name: string) => page.getByTestId('file').filter({ hasText: name });
