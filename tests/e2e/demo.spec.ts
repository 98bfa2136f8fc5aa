import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from '@playwright/test';

import { openDetails } from './report';

const folder = new URL('../fixtures/recorded/', import.meta.url);

/** The number of lines of each fault, according to the labels of a recording. */
function labelled(file: string): Record<string, number> {
  const counts: Record<string, number> = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
  for (const line of readFileSync(new URL(file, folder), 'utf8').trim().split('\n')) {
    const { label } = JSON.parse(line);
    // An upload that failed for another reason than a refused key counts for no fault.
    if (label && label.kind !== 'upload-failed') counts[label.ke] = (counts[label.ke] ?? 0) + 1;
  }
  return counts;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl') && !name.startsWith('uploads-'))) {
  const name = file.replace(/-(lk)?\d+\.\d+\.\d+\.jsonl$/, '');
  test(`replaying ${name} produces the counts of its labels`, async ({ page }) => {
    const expected = labelled(file);
    await page.goto('/demo/index.html');
    await page.getByRole('radio', { name: 'At once' }).check();
    await page.getByRole('button', { name: `Replay ${name}`, exact: true }).click();
    await expect(page.getByText(`${name} was played to its end.`)).toBeVisible();
    // One interval of the listeners, so that a count that should stay zero has had time to grow.
    await page.waitForTimeout(400);
    const counts = async () => JSON.parse((await page.getByTestId('report').textContent()) ?? '').counts;
    await expect.poll(counts).toEqual(expected);
  });
}

for (const width of [360, 1280]) {
  test(`at ${width} px the demo does not scroll sideways, and a line can be logged and read by keyboard alone`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto('/demo/index.html');
    await page
      .getByRole('textbox', { name: 'Line' })
      .fill(`MissingKey: missing key at index 1 for participant ${'x'.repeat(300)}`);
    await page.keyboard.press('Enter');
    const card = page.getByTestId('crypto-diagnostics');
    await openDetails(page);
    const entries = card.getByRole('list', { name: 'Latest entries' });
    const entry = entries.locator('summary');
    await expect(entry).toContainText('KE-2');
    await entry.focus();
    await page.keyboard.press('Enter');
    await expect(entries.locator('details pre')).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}

test('a slow replay of a recording can be stopped', async ({ page }) => {
  await page.goto('/demo/index.html');
  await page.getByRole('radio', { name: '10×' }).check();
  await page.getByRole('button', { name: 'Replay ke1-evict-crypto', exact: true }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('progressbar')).toBeHidden();
});

test('an evicted crypto store raises the recovery prompt, and its reset creates a new device', async ({ page }) => {
  await page.goto('/demo/index.html');
  await page.getByRole('button', { name: 'Evict the crypto store' }).click();
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click();
  await expect(prompt).toContainText('There is no key backup');
  await prompt.getByRole('checkbox').check();
  await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
  await expect(prompt).toBeHidden();
  await openDetails(page);
  await expect(page.getByTestId('crypto-diagnostics')).toContainText('This device is new in this browser');
});

test('a second tab of the demo shows a banner until the first tab is closed', async ({ page, context }) => {
  await page.goto('/demo/index.html');
  await openDetails(page);
  await expect(page.getByTestId('crypto-diagnostics')).toContainText(
    'This tab is active: it uses the encryption keys. One tab of this session is open.',
  );
  const second = await context.newPage();
  await second.goto('/demo/index.html');
  await expect(second.getByTestId('other-tab-banner')).toContainText('This demo is open in another tab');
  await expect(page.getByTestId('crypto-diagnostics')).toContainText('2 tabs of this session are open.');
  await page.close();
  await expect(second.getByTestId('other-tab-banner')).toBeHidden();
});

test('an evicted crypto store is reported after a reload, and a new login ends the alert', async ({ page }) => {
  await page.goto('/demo/index.html');
  const card = page.getByTestId('crypto-diagnostics');
  await openDetails(page);
  await expect(card).toContainText('This device is new in this browser');
  await page.reload();
  await openDetails(page);
  await expect(card).toContainText('The encryption keys of this device are in place.');
  await page.getByRole('button', { name: 'Evict the crypto store' }).click();
  await expect(card.getByRole('alert')).toContainText('made new ones');
  await page.reload();
  await expect(card.getByRole('alert')).toContainText('made new ones');
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click();
  await expect(prompt).toContainText('This browser lost the encryption keys');
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Log out and log in' }).click();
  await expect(card.getByRole('alert')).toBeHidden();
  await openDetails(page);
  await expect(card).toContainText('This device is new in this browser');
});
