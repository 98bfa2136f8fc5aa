// The tab gate without a homeserver: who draws what, and where the focus is. The client behind it has no session.
import { type BrowserContext, expect, type Page, test } from '@playwright/test';

async function openGate(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto('http://127.0.0.1:4199/gate.html');
  return page;
}

const client = (page: Page) => page.getByTestId('client');
const screen = (page: Page) => page.getByRole('heading', { name: 'Lotus is open in another tab' });
const here = (page: Page) => page.getByRole('button', { name: 'Use it here' });

test('the screen has the focus where the app had it, and the next key leads to the button', async ({ context }) => {
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  const second = await openGate(context);
  await expect(screen(second)).toBeFocused();
  await second.keyboard.press('Tab');
  await expect(here(second)).toBeFocused();
  await first.getByRole('button', { name: 'Download report' }).focus();
  await second.keyboard.press('Enter');
  await expect(client(second)).toBeVisible();
  await expect(screen(first)).toBeFocused();
});

test('opened anyway, a tab goes on when it comes to lead, and goes when another asks for it', async ({ context }) => {
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  const second = await openGate(context);
  await second.getByRole('button', { name: 'Open anyway, at the risk of unreadable messages' }).click();
  await client(second).evaluate((element) => Object.assign(element, { isSame: true }));
  await first.close();
  const role = () => second.evaluate(() => window.lib.getSnapshot().tabs.role);
  await expect.poll(role).toBe('leader');
  expect(await client(second).evaluate((element) => 'isSame' in element)).toBe(true);

  const third = await openGate(context);
  await here(third).click();
  await expect(client(third)).toBeVisible();
  await expect(screen(second)).toBeVisible();
  await expect(client(second)).toHaveCount(0);
});

test('an app that fails to stop its client is taken off the screen nevertheless', async ({ context }) => {
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  await first.evaluate(() => {
    window.failsToStop = true;
  });
  const second = await openGate(context);
  await expect(screen(second)).toBeVisible();
  // A hand-over that nobody asked for: the page is put to sleep.
  await first.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await expect(client(second)).toBeVisible();
  await expect(screen(first)).toBeVisible();
});
