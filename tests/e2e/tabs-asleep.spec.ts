// Tabs that are put to sleep: in the back/forward cache, which Playwright's own browsers have switched off, and frozen.
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';

import { expectNoOverlap, leaderOf, openTab, readLog, role } from './tabs';

let context: BrowserContext;

test.beforeEach(async ({ launchOptions }, { outputDir }) => {
  context = await chromium.launchPersistentContext(outputDir, {
    ...launchOptions,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
});

test.afterEach(() => context.close());

/** The page writes down how it came back. */
const watchReturn = (page: Page) =>
  page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => Object.assign(window, { restored: persisted }));
  });

test('a leader that goes into the back/forward cache lets go, and comes back as a follower', async () => {
  const first = await openTab(context, 'first');
  const second = await openTab(context, 'second');
  await leaderOf([first, second]);
  await watchReturn(first);
  await first.goto('http://127.0.0.1:4199/bare.html');
  await expect.poll(() => role(second)).toBe('leader');

  await first.goBack();
  await first.waitForFunction('window.restored === true');
  expect(await role(first)).toBe('follower');
  expect(await role(second)).toBe('leader');
  await second.close();
  await expect.poll(() => role(first)).toBe('leader');
  expectNoOverlap(await readLog(first));
});

test('alone, it leads again when it comes back', async () => {
  const page = await openTab(context, 'only');
  await leaderOf([page]);
  await watchReturn(page);
  await page.goto('http://127.0.0.1:4199/bare.html');
  await page.goBack();
  await page.waitForFunction('window.restored === true');
  await leaderOf([page]);
  const roles = (await readLog(page)).map(({ what }) => what).filter((what) => what !== 'opened');
  expect(roles).toEqual(['leader', 'follower', 'leader']);
});

test('a leader that is frozen lets go in the same moment, and queues when it is resumed', async () => {
  const [first, second] = [await openTab(context, 'first'), await openTab(context, 'second')];
  await leaderOf([first, second]);
  const session = await context.newCDPSession(first);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await expect.poll(() => role(second)).toBe('leader');
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  expect(await role(first)).toBe('follower');
  await second.close();
  await expect.poll(() => role(first)).toBe('leader');
  expectNoOverlap(await readLog(first));
});

test('a follower that is frozen does not hold up those behind it in the line', async () => {
  const pages = [await openTab(context, 'first'), await openTab(context, 'second'), await openTab(context, 'third')];
  const [first, second, third] = pages as [Page, Page, Page];
  await leaderOf(pages);
  const session = await context.newCDPSession(second);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await first.close();
  await expect.poll(() => role(third)).toBe('leader');
});
