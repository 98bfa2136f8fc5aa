// The tab gate without a homeserver: what each tab renders, and where the focus is. The client behind it has no
// session.
import { type BrowserContext, expect, type Page, test } from '@playwright/test';

import { hang } from './tabs';

async function openGate(context: BrowserContext, query = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:4199/gate.html${query}`);
  return page;
}

/** Stores a session, as a login does for all tabs. */
const store = (page: Page, deviceId: string) =>
  page.evaluate((device) => {
    const session = {
      baseUrl: `${location.origin}/no-homeserver`,
      userId: '@a:hs',
      deviceId: device,
      accessToken: 'x',
    };
    localStorage.setItem('session', JSON.stringify(session));
  }, deviceId);

const loads = (page: Page) => {
  let count = 0;
  page.on('load', () => {
    count += 1;
  });
  return () => count;
};

const client = (page: Page) => page.getByTestId('client');
const screen = (page: Page) => page.getByRole('heading', { name: 'Lotus is open in another tab' });
const here = (page: Page) => page.getByRole('button', { name: 'Use it here' });

test("the gate's heading takes the focus that the app had, and Tab leads to the button", async ({ context }) => {
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

test('a tab that was opened anyway keeps its client when it becomes the leader, and yields when another tab asks', async ({
  context,
}) => {
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

test('the gate replaces an app that fails to stop its client', async ({ context }) => {
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  await first.evaluate(() => {
    window.failsToStop = true;
  });
  const second = await openGate(context);
  await expect(screen(second)).toBeVisible();
  // A handover that no tab asked for: the page is frozen.
  await first.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await expect(client(second)).toBeVisible();
  await expect(screen(first)).toBeVisible();
});

const silence = (page: Page) =>
  page.getByRole('status').filter({ hasText: 'The other tab does not respond. Close it' });

for (const width of [360, 1280]) {
  test(`at ${width} px the gate says that the leader does not respond, and opens once the leader is closed`, async ({
    context,
  }, testInfo) => {
    const first = await openGate(context);
    await expect(client(first)).toBeVisible();
    const second = await openGate(context);
    await second.setViewportSize({ width, height: 800 });
    await hang(first, 40_000);
    await second.waitForTimeout(300);
    await here(second).click();
    await expect(silence(second)).toBeVisible();
    expect(await second.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await second.screenshot({ path: testInfo.outputPath('silent.png') });
    await expect(client(second)).toHaveCount(0);
    await first.close();
    await expect(client(second)).toBeVisible();
  });
}

test('the gate removes its message when a hung leader responds again, and the leader keeps its client', async ({
  context,
}) => {
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  const second = await openGate(context);
  await first.evaluate(() => {
    window.busy = 'in a call';
  });
  await hang(first, 8000);
  await second.waitForTimeout(300);
  await here(second).click();
  await expect(silence(second)).toBeVisible();
  await expect(silence(second)).toHaveCount(0, { timeout: 15_000 });
  await expect(screen(second)).toBeVisible();
  await expect(client(first)).toBeVisible();
});

test('a waiting tab reloads when its session is logged out or replaced', async ({ context }) => {
  const bare = await context.newPage();
  await bare.goto('http://127.0.0.1:4199/bare.html');
  await store(bare, 'FIRST');
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  const second = await openGate(context);
  await expect(screen(second)).toBeVisible();
  const count = loads(second);

  await store(bare, 'SECOND');
  // It belongs to the new session now, which no other tab leads.
  await expect(client(second)).toBeVisible();
  expect(count()).toBe(1);

  const third = await openGate(context);
  await expect(screen(third)).toBeVisible();
  const again = loads(third);
  await bare.evaluate(() => localStorage.removeItem('session'));
  await expect.poll(again).toBe(1);
});

test('a tab that becomes the leader of a session that was logged out opens no database and reloads', async ({
  context,
}) => {
  // Simulates that the browser has not yet reported the change that another tab made to localStorage.
  await context.addInitScript(() => {
    addEventListener('storage', (event) => event.stopImmediatePropagation(), true);
  });
  const bare = await context.newPage();
  await bare.goto('http://127.0.0.1:4199/bare.html');
  await store(bare, 'FIRST');
  const first = await openGate(context);
  await expect(client(first)).toBeVisible();
  const second = await openGate(context);
  await expect(screen(second)).toBeVisible();
  const count = loads(second);
  const opened: string[] = [];
  await second.exposeFunction('noteOpened', (name: string) => opened.push(name));
  await second.evaluate(() => {
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...args) {
      Object(window).noteOpened(args[0]);
      return open.apply(this, args);
    };
  });

  await bare.evaluate(() => localStorage.removeItem('session'));
  await first.close();
  await expect.poll(count).toBe(1);
  expect(opened).toEqual([]);
});

test('a host whose readName never equals its name is not reloaded endlessly', async ({ context }) => {
  // Nobody is logged in: the page names its session `undefined undefined`, while the stored session is `null`.
  const first = await openGate(context);
  const count = loads(first);
  await expect(client(first)).toBeVisible();
  expect(count()).toBe(0);
});

test('without canYield of the host, a tab with a call frame refuses to hand over', async ({ context }) => {
  const first = await openGate(context, '?default');
  await expect(client(first)).toBeVisible();
  await first.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.src = '/public/element-call/index.html?widgetId=w';
    document.body.append(frame);
  });
  const second = await openGate(context, '?default');
  await here(second).click();
  await expect(second.getByText('The other tab stays active: in a call.')).toBeVisible();
  await expect(client(first)).toBeVisible();
  await first.evaluate(() => document.querySelector('iframe')?.remove());
  await here(second).click();
  await expect(client(second)).toBeVisible();
});
