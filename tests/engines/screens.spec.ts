// The card, the prompt and the gate as a user works with them: by keyboard, and with a saved file.
import { Key } from 'selenium-webdriver';

import { expect, type Tab, test } from './driver/test';

const CARD = '[data-testid="crypto-diagnostics"]';

/** Presses Tab until the element with this text has the focus. */
async function tabTo(tab: Tab, name: string): Promise<void> {
  await expect(async () => {
    if ((await tab.focused()) === name) return;
    await tab.press(Key.TAB);
    expect(await tab.focused()).toBe(name);
  }).toPass({ intervals: [50], timeout: 10_000 });
}

test('the card counts logged faults, and saves a report by keyboard alone', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/card.html');
  await expect.poll(() => tab.text(CARD)).toContain('Download report');
  await tab.evaluate(() => {
    const saved: string[] = Object.assign(window, { saved: [] }).saved;
    // Captures what the browser would write to the file.
    URL.createObjectURL = (blob) => {
      void (blob as Blob).text().then((text) => saved.push(text));
      return 'data:,';
    };
    console.error('MissingKey: missing key at index 1 for participant @b:hs:D');
  });
  await tabTo(tab, 'Download report');
  await tab.press(Key.ENTER);
  await expect.poll(() => tab.text(CARD)).toContain('Saved as lotus-crypto-diag-');
  const [report = '{}'] = await tab.evaluate(() => (window as unknown as { saved: string[] }).saved);
  expect(JSON.parse(report)).toMatchObject({ counts: { 'KE-2': 1 }, diagnosis: { findings: expect.anything() } });
  await tab.click('Details');
  await expect.poll(() => tab.text(CARD)).toContain('missing key at index 1');
});

test('an upload loop raises the prompt, which can be opened and dismissed', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/recovery.html?safe');
  await expect.poll(() => tab.text(CARD)).toContain('Download report');
  await tab.evaluate(async () => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': {} } });
    for (let i = 0; i < 3; i++) await fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
  });
  await expect.poll(() => tab.text(), { timeout: 15_000 }).toContain('The encryption of this device is broken');
  await tab.click('How to fix it');
  await expect.poll(() => tab.text()).toContain('log out and back in');
  await tab.click('Not now');
  await expect.poll(() => tab.text()).not.toContain('How to fix it');
});

test('a second tab shows the gate, and takes over at the user’s request', async ({ engineBrowser }) => {
  const client = '[data-testid="client"]';
  const first = await engineBrowser.open('/gate.html');
  await expect.poll(() => first.text(client)).toContain('Download report');
  const second = await engineBrowser.open('/gate.html');
  await expect.poll(() => second.text(), { timeout: 20_000 }).toContain('Lotus is open in another tab');
  expect(await second.text(client)).toBe('');
  await second.click('Use it here');
  await expect.poll(() => second.text(client), { timeout: 20_000 }).toContain('Download report');
  await expect.poll(() => first.text()).toContain('Lotus is open in another tab');
});
