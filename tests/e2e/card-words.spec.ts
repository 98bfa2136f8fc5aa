// What a person reads on the card: advice for each fault, code as code, and names that stay whole.
import { expect, type Page, test } from '@playwright/test';
import type { Fault } from 'lotus-crypto-diag';

import { open, openDetails } from './report';

const LINES: Record<Fault, string> = {
  'KE-1':
    '[400] One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"abc"}; new key: {\'key\': \'def\'}',
  'KE-2': 'MissingKey: missing key at index 1 for participant @bob:example.org:DEVICE',
  'KE-3':
    'Error decrypting event (id=$a type=m.room.encrypted sender=@b:hs room=!r:hs ts=2026-11-25T09:00:00.000Z): DecryptionError[msg: missing field `algorithm` at line 1 column 339, sender_key: undefined, session_id: undefined]',
  'KE-4': '[MembershipManager] Network local timeout error while sending event, immediate retry ((0/10))',
};

const ADVICE: Record<Fault, RegExp> = {
  'KE-1': /close the other tabs of this app and reload this one/,
  'KE-2': /leave the call and join it again/,
  'KE-3': /restore your key backup or verify this device/,
  'KE-4': /try another network/,
};

const FAULTS = Object.keys(LINES) as Fault[];

const log = (page: Page, line: string) => page.evaluate((text) => console.error(text), line);

for (const fault of FAULTS) {
  test(`a sign of ${fault} shows the user advice on this fault and no other`, async ({ page }) => {
    await open(page, '/card.html');
    await openDetails(page);
    const card = page.getByTestId('crypto-diagnostics');
    for (const other of FAULTS) await expect(card).not.toContainText(ADVICE[other]);
    await log(page, LINES[fault]);
    await expect(card.getByRole('listitem').filter({ hasText: ADVICE[fault] })).toContainText(fault);
    for (const other of FAULTS.filter((name) => name !== fault)) await expect(card).not.toContainText(ADVICE[other]);
  });
}

test('text between backticks in the diagnosis is shown as code', async ({ page }) => {
  await open(page, '/card.html');
  await openDetails(page);
  await log(page, LINES['KE-3']);
  const diagnosis = page.getByRole('region', { name: 'Diagnosis' });
  await diagnosis.locator('summary').filter({ hasText: 'KE-3' }).click();
  await expect(diagnosis.getByRole('code').filter({ hasText: /^algorithm$/ })).toBeVisible();
  await expect(diagnosis).not.toContainText('`');
});

test('the name of a fault is never broken over two lines, at any width of the card', async ({ page }) => {
  await open(page, '/card.html');
  for (const fault of FAULTS) await log(page, LINES[fault]);
  await openDetails(page);
  const card = page.getByTestId('crypto-diagnostics');
  const diagnosis = card.getByRole('region', { name: 'Diagnosis' });
  await expect(diagnosis.getByText('KE-3').first()).toBeVisible();
  const broken = () =>
    card.evaluate((element) => {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        for (const { index } of (node.nodeValue ?? '').matchAll(/KE-[1-4]/g)) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + 4);
          if (range.getClientRects().length > 1) found.push(node.nodeValue ?? '');
        }
      }
      return found;
    });
  for (let width = 300; width <= 420; width += 4) {
    await page.setViewportSize({ width, height: 800 });
    expect(await broken(), `at ${width} px`).toEqual([]);
  }
});
