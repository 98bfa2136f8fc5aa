// Evidence of earlier page loads on the card: the time it covers, what it shows, and the button that deletes it.
import { expect, type Page, test } from '@playwright/test';

import { open, openDetails, refuse } from './report';

const card = (page: Page) => page.getByTestId('crypto-diagnostics');

/** Reloads the page `times` times, each time after evidence was seen. */
async function loadAgain(page: Page, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await refuse(page);
    await expect(card(page)).toContainText('signs of faults');
    await page.reload();
    await page.waitForFunction(() => 'lib' in window);
  }
}

test('the card shows since when there is evidence, and from how many page loads', async ({ page }) => {
  const pageErrors = await open(page, '/card.html');
  await expect(card(page)).not.toContainText('Evidence since');
  await loadAgain(page, 2);
  await expect(card(page)).toContainText(/Evidence since \d.*, in 3 page loads\./);
  await openDetails(page);
  await expect(card(page)).toContainText('hold different one-time keys under the same ids (KE-1)');
  expect(pageErrors).toEqual([]);
});

test('earlier evidence is deleted by keyboard alone, after an explanation of what is deleted', async ({ page }) => {
  await open(page, '/card.html');
  await loadAgain(page, 1);
  await openDetails(page);
  const forget = card(page).getByRole('button', { name: 'Forget earlier evidence' });
  await forget.press('Enter');
  const group = card(page).getByRole('group', { name: 'Forget earlier evidence' });
  await expect(group.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await expect(group.getByRole('button', { name: 'Keep it' })).toHaveAccessibleDescription(/no messages, no keys/);
  await page.keyboard.press('Escape');
  await expect(forget).toBeFocused();
  await expect(card(page)).toContainText('in 2 page loads');

  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(card(page).getByText('The earlier evidence was deleted.')).toBeFocused();
  await expect(card(page)).not.toContainText('Evidence since');
  const kept = await page.evaluate(() => JSON.parse(window.lib.buildCryptoDiagReport(null)).earlier);
  expect(kept).toEqual([]);
});

test('the card says so if the browser does not allow deleting earlier evidence', async ({ page }) => {
  await open(page, '/card.html');
  await loadAgain(page, 1);
  await openDetails(page);
  await page.evaluate(() => {
    Storage.prototype.removeItem = () => {
      throw new DOMException('denied', 'SecurityError');
    };
  });
  await card(page).getByRole('button', { name: 'Forget earlier evidence' }).click();
  await card(page).getByRole('button', { name: 'Delete earlier evidence' }).click();
  await expect(card(page).getByText('The earlier evidence could not be deleted')).toBeFocused();
  await expect(card(page)).toContainText('in 2 page loads');
});
