import { expect, type Page, test } from '@playwright/test';

import { fixOf, promptOf } from './prompt';
import { open, openDetails, refuse } from './report';

test('without a fault, the prompt is hidden', async ({ page }) => {
  await open(page, '/recovery.html');
  await expect(page.getByTestId('crypto-diagnostics')).toBeVisible();
  await expect(promptOf(page)).toBeHidden();
});

test('if the client cannot tell whether the history is safe, the prompt treats it as not safe', async ({ page }) => {
  const pageErrors = await open(page, '/recovery.html');
  await refuse(page);
  const prompt = promptOf(page);
  await fixOf(page).click();
  await expect(prompt).toContainText('If you log out now, messages may become unreadable for good.');
  await expect(prompt).toContainText('It is not known whether there is a key backup.');
  await prompt.getByLabel('Passphrase').fill('a long passphrase');
  await prompt.getByRole('button', { name: 'Save the keys first' }).click();
  await expect(prompt).toContainText('The keys could not be saved: this version of the SDK gives no encrypted export');
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await expect(reset).toHaveAttribute('aria-disabled', 'true');
  await prompt.getByRole('checkbox').check();
  await reset.click();
  await expect.poll(() => page.evaluate(() => window.logouts)).toBe(1);
  expect(pageErrors).toEqual([]);
});

test('a too short passphrase is marked invalid, and the field is empty after the export', async ({ page }) => {
  await open(page, '/recovery.html?export');
  await refuse(page);
  const prompt = promptOf(page);
  await fixOf(page).click();
  const field = prompt.getByLabel('Passphrase');
  await field.fill('short');
  await prompt.getByRole('button', { name: 'Save the keys first' }).press('Enter');
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription('At least 8 characters, please.');
  await field.fill('a long passphrase');
  await expect(field).toHaveAttribute('aria-invalid', 'false');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toMatch(/^room-keys-.*\.txt$/);
  await expect(prompt).toContainText('Saved as room-keys-');
  await expect(field).toHaveValue('');
});

test('the prompt reports a hanging logout after half a minute, does not start a second one, and can be dismissed', async ({
  page,
}) => {
  await page.clock.install();
  await open(page, '/recovery.html?hang');
  await refuse(page);
  await page.clock.runFor(1000);
  const prompt = promptOf(page);
  await fixOf(page).click();
  await prompt.getByRole('checkbox').check();
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  await reset.click();
  await reset.click({ force: true });
  await page.clock.runFor(31_000);
  await expect(prompt).toContainText('Logging out is taking unusually long.');
  await expect(prompt).toContainText('Do not clear the data of this site');
  await reset.click({ force: true });
  expect(await page.evaluate(() => window.logouts)).toBe(1);
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();
});

test('the prompt shows the error of a failed logout, and the logout can be retried or the prompt dismissed', async ({
  page,
}) => {
  await open(page, '/recovery.html?fail');
  await refuse(page);
  const prompt = promptOf(page);
  await fixOf(page).click();
  await prompt.getByRole('checkbox').check();
  const reset = prompt.getByRole('button', { name: /^Reset encryption/ });
  for (let tries = 1; tries <= 2; tries++) {
    await reset.click();
    await expect(prompt).toContainText('Logging out failed: the server said no');
    await expect.poll(() => page.evaluate(() => window.logouts)).toBe(tries);
  }
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();
});

test('after a failed logout stopped the client, the prompt keeps the last known state of the history', async ({
  page,
}) => {
  await page.clock.install();
  await open(page, '/recovery.html?safe&fail');
  await refuse(page);
  await page.clock.runFor(1000);
  const prompt = promptOf(page);
  await fixOf(page).click();
  await expect(prompt).toContainText('logging out loses nothing more');
  for (let tries = 1; tries <= 2; tries++) {
    await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
    await expect(prompt).toContainText('Logging out failed: the server said no');
    // The prompt has checked again and got no answer.
    await page.clock.runFor(10_000);
    await expect(prompt).toContainText('logging out loses nothing more');
    expect(await page.evaluate(() => window.logouts)).toBe(tries);
  }
});

test('a logout ends the upload loop of the device, also without a reload', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  const prompt = promptOf(page);
  await fixOf(page).click();
  await prompt.getByRole('checkbox').check();
  await prompt.getByRole('button', { name: /^Reset encryption/ }).click();
  await expect(prompt).toBeHidden();
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toBeHidden();
  // Refusals of the old device do not block the new one.
  await refuse(page, 1);
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().uploadLoop.refusals)).toBe(1);
});

test('“Not now” dismisses the prompt for a day, also after a reload', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  await promptOf(page).getByRole('button', { name: 'Not now' }).click();
  await expect(promptOf(page)).toBeHidden();
  await open(page, '/recovery.html');
  await refuse(page);
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toContainText('again and again');
  await expect(promptOf(page)).toBeHidden();
  await page.clock.install({ time: Date.now() + 25 * 3_600_000 });
  await open(page, '/recovery.html');
  await refuse(page);
  await page.clock.runFor(1000);
  await expect(promptOf(page)).toBeVisible();
});

test('after a recovery, a new upload loop shows a dismissed prompt again', async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  await promptOf(page).getByRole('button', { name: 'Not now' }).click();
  await expect(promptOf(page)).toBeHidden();
  await page.evaluate(async () => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:other': {} } });
    await fetch('/refuse/_matrix/client/v3/keys/upload?accept', { method: 'POST', body });
  });
  await openDetails(page);
  await expect(page.getByTestId('upload-loop')).toContainText('accepts the keys of this device again');
  await refuse(page);
  await expect(promptOf(page)).toBeVisible();
});

test("the prompt's title is an alert, and its open content has an accessible structure", async ({ page }) => {
  await open(page, '/recovery.html');
  await refuse(page);
  const bar = `
      - alert:
        - heading "The encryption of this device is broken" [level=2]`;
  await expect(promptOf(page)).toMatchAriaSnapshot(`
    - region "The encryption of this device is broken":${bar}
      - button "How to fix it"
      - button "Not now"
  `);
  await fixOf(page).click();
  await expect(promptOf(page)).toMatchAriaSnapshot(`
    - region "The encryption of this device is broken":${bar}
      - button "How to fix it" [expanded]
      - button "Not now"
      - paragraph: /The server refuses .* This app has tried again and again. You may be unable to read new messages/
      - region "Your message history":
        - heading "Your message history" [level=3]
        - status:
          - paragraph: If you log out now, messages may become unreadable for good.
          - paragraph: It is not known whether there is a key backup.
      - text: Passphrase for the file with your keys
      - textbox "Passphrase for the file with your keys"
      - button "Save the keys first"
      - checkbox "I have saved the keys, or I accept that these messages stay unreadable."
      - button "Reset encryption on this device (log out and back in)" [disabled]
  `);
});

test('the prompt does not take the focus, opens and closes by keyboard, and keeps typed text', async ({ page }) => {
  await open(page, '/recovery.html');
  await page.getByRole('button', { name: 'Download report' }).focus();
  await refuse(page);
  await expect(promptOf(page)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Download report' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(promptOf(page).getByRole('button', { name: 'Not now' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(fixOf(page)).toBeFocused();
  await page.keyboard.press('Enter');
  const field = promptOf(page).getByLabel('Passphrase');
  await expect(field).toBeVisible();
  await expect(fixOf(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(field).toBeFocused();
  await page.keyboard.type('a long passphrase');
  await fixOf(page).press('Space');
  await expect(field).toBeHidden();
  await fixOf(page).press('Enter');
  await expect(field).toHaveValue('a long passphrase');
});

for (const width of [360, 1280]) {
  test(`at ${width} px the bar pushes the app down and is above an open modal`, async ({ page }) => {
    await page.setViewportSize({ width, height: 640 });
    await open(page, '/recovery.html');
    const card = page.getByTestId('crypto-diagnostics');
    const before = await card.boundingBox();
    await page.evaluate(() => {
      // Like a host's settings: last in the document, above everything else.
      const modal = document.createElement('div');
      modal.style.cssText = 'position: fixed; inset: 0; z-index: 2147483647; background: white';
      document.body.append(modal);
    });
    await refuse(page);
    const bar = async () => (await promptOf(page).boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };
    await expect.poll(async () => (await card.boundingBox())?.y).toBeGreaterThan((before?.y ?? 0) + 30);
    const closed = await bar();
    expect(closed).toMatchObject({ x: 0, y: 0, width });
    expect(closed.height).toBeLessThan(100);
    expect((await card.boundingBox())?.y).toBeGreaterThanOrEqual(closed.height);
    // What the host shows above the app, such as its connection state, stays visible.
    await page.evaluate(() => {
      const status = document.createElement('div');
      status.style.height = '24px';
      document.body.prepend(status);
    });
    await expect.poll(async () => (await bar()).y).toBe(24);
    // Playwright clicks only an element that nothing covers.
    await fixOf(page).click();
    const reset = promptOf(page).getByRole('button', { name: /^Reset encryption/ });
    await reset.scrollIntoViewIfNeeded();
    await expect(reset).toBeInViewport();
    expect((await bar()).height).toBeLessThan(640);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}

test('an inline prompt is not fixed; in a browser without popovers, the prompt is above the app by its z-index', async ({
  page,
}) => {
  await open(page, '/recovery.html?inline');
  await refuse(page);
  await expect(promptOf(page)).not.toHaveCSS('position', 'fixed');
  await page.addInitScript(() => Reflect.deleteProperty(HTMLElement.prototype, 'showPopover'));
  await open(page, '/recovery.html');
  await refuse(page);
  await expect(promptOf(page)).toHaveCSS('position', 'fixed');
  await fixOf(page).click();
  await expect(promptOf(page).getByRole('checkbox')).toBeVisible();
});

test('the checkbox is visible in a host that resets the appearance of inputs', async ({ page }) => {
  await open(page, '/recovery.html');
  await page.addStyleTag({ content: `input[type='checkbox'] { appearance: none; width: 0; height: 0 }` });
  await refuse(page);
  await fixOf(page).click();
  const checkbox = promptOf(page).getByRole('checkbox');
  await expect(checkbox).toHaveCSS('appearance', 'auto');
  expect((await checkbox.boundingBox())?.width).toBeGreaterThan(10);
});

test('the buttons that copy a key are named after the key', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/recovery.html');
  await openDetails(page);
  await refuse(page);
  const card = page.getByTestId('upload-loop');
  await expect(card).toContainText('signed_curve25519:AAAAAAAAAA0');
  await expect(card).toContainText('1jUDA9fEGLDl…OjmED4');
  await card.getByRole('button', { name: 'Copy: Key on the server' }).focus();
  await page.keyboard.press('Enter');
  await expect(card.getByRole('button', { name: 'Copied: Key on the server' })).toBeFocused();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe('1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4');
});

const failToDecrypt = (page: Page, eventId: string) =>
  page.evaluate((id) => {
    const event = `id=${id} type=m.room.encrypted sender=@b:hs room=!r:hs ts=2026-11-23T22:50:13.931Z`;
    const reason = "The sender's device has not sent us the keys for this message.";
    const error = `DecryptionError[msg: ${reason}, sender_key: undefined, session_id: undefined]`;
    console.warn(`Error decrypting event (${event}): ${error}`);
  }, eventId);

for (const [client, expectedText] of [
  [
    'recovery-key',
    'After you log in again, your recovery key brings back every message whose key is in your key backup.',
  ],
  ['locked', 'There is a key backup, but no recovery key is set up to open it.'],
  ['safe', 'There is no key backup to restore them from.'],
  ['silent', 'It is not known whether a key backup can restore them.'],
] as const) {
  test(`the prompt shows how many messages are unreadable and whether a backup restores them: ${client}`, async ({
    page,
  }) => {
    await open(page, `/recovery.html?${client}`);
    for (const id of ['$1', '$2', '$2', '$3']) await failToDecrypt(page, id);
    await refuse(page);
    await fixOf(page).click();
    const history = promptOf(page).getByRole('region', { name: 'Your message history' });
    await expect(history).toContainText('3 messages could not be decrypted on this device.');
    await expect(history).toContainText(expectedText);
    await expect(history).not.toContainText('nothing will be lost');
    // One of the events is decrypted later, with a key that arrived.
    await page.evaluate(() => window.openedEvents.add('$3'));
    await failToDecrypt(page, '$2');
    await expect(history).toContainText('2 messages could not be decrypted on this device.');
  });
}
