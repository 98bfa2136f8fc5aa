// What the card says to a person, and to one who uses it by the keyboard or a screen reader.
import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

const refusal = (id: string) =>
  `[400] One time key signed_curve25519:${id} already exists. Old key: {"key":"abc"}; new key: {'key': 'def'}`;

const log = (page: Page, line: string, times = 1) =>
  page.evaluate(
    ([text, count]) => {
      for (let i = 0; i < count; i++) console.error(text);
    },
    [line, times] as const,
  );

test('a report that the browser does not take is not said to be saved', async ({ page }) => {
  const escaped = await open(page, '/card.html');
  await page.evaluate(() => {
    URL.createObjectURL = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
  });
  const card = page.getByTestId('crypto-diagnostics');
  await card.getByRole('button', { name: 'Download report' }).click();
  await expect(card.getByText('The report could not be saved.')).toHaveCount(1);
  await card.getByRole('button', { name: 'Start' }).click();
  await card.getByRole('button', { name: 'Stop and download' }).click();
  await expect(card.getByText('The report could not be saved.')).toHaveCount(2);
  await expect(card).not.toContainText('Saved as');
  expect(escaped).toEqual([]);
});

test('a key that was copied is not said to be copied when it is another, and the keyboard stays', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/card.html');
  await log(page, refusal('AAAAAAAAAA0'));
  const loop = page.getByTestId('upload-loop');
  await loop.getByRole('button', { name: 'Copy: Key id' }).press('Enter');
  await expect(loop.getByRole('button', { name: 'Copied: Key id' })).toBeFocused();
  await log(page, refusal('AAAAAAAAAA4'));
  await expect(loop).toContainText('AAAAAAAAAA4');
  await expect(loop.getByRole('button', { name: 'Copy: Key id' })).toBeFocused();
});

test('the keyboard stays where a capture session is started and stopped', async ({ page }) => {
  await open(page, '/card.html');
  const session = page.getByRole('region', { name: 'Capture session' });
  await session.getByRole('button', { name: 'Start' }).press('Enter');
  await expect(session.getByRole('button', { name: 'Stop and download' })).toBeFocused();
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  await downloading;
  await expect(session.getByRole('button', { name: 'Start' })).toBeFocused();
});

test('a screen reader hears how often a line came, and the name of what scrolls', async ({ page }) => {
  await open(page, '/card.html');
  await log(page, refusal('AAAAAAAAAA0'), 3);
  const entries = page.getByRole('list', { name: 'Latest entries' });
  await entries.locator('summary').press('Enter');
  await expect(entries).toMatchAriaSnapshot(`
    - list "Latest entries":
      - listitem:
        - group:
          - text: KE-1
          - time
          - text: /3 times/
          - region "The whole line (KE-1)": /One time key signed_curve25519:AAAAAAAAAA0/
  `);
  await page.keyboard.press('Tab');
  await expect(entries.getByRole('region')).toBeFocused();
});

test('how many tabs are open is said only where the others could be asked', async ({ page }) => {
  const card = page.getByTestId('crypto-diagnostics');
  await open(page, '/card.html');
  await expect(card).toContainText('One tab of this session is open.');
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'BroadcastChannel'));
  await open(page, '/card.html');
  await expect(card).toContainText('Watching the console');
  await expect(card).not.toContainText('of this session');
});
