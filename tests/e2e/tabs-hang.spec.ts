// Tabs that do not run for a while, and tabs that are robbed of the lock.
import { expect, type Page, test } from '@playwright/test';

import { expectNoOverlap, leaderOf, openTab, openTabs, readLog, role } from './tabs';

/** The page's JavaScript does not come back for so long. */
const hang = (page: Page, ms: number) =>
  page.evaluate((duration) => {
    setTimeout(() => {
      const end = Date.now() + duration;
      while (Date.now() < end);
    }, 100);
  }, ms);

/** It hangs; then it writes down whether it works on as the leader. */
const block = async (page: Page, ms: number) => {
  await page.evaluate(() => {
    const worked: number[] = [];
    Object.assign(window, { worked });
    setInterval(() => {
      if (window.leadership.role === 'leader') worked.push(performance.timeOrigin + performance.now());
    }, 10);
  });
  await hang(page, ms);
};

test('a leader that is blocked for 10 s is waited for, and hands over in good order', async ({ context }) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  await block(first, 10_000);
  await second.waitForTimeout(300);
  expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
  const lines = await readLog(second);
  expectNoOverlap(lines);
  const ledAt = lines.findLast(({ what }) => what === 'leader');
  expect(ledAt?.tab).toMatch(/^second/);
  expect(lines.some(({ tab, what }) => tab.startsWith('first') && what === 'shutting down')).toBe(true);
  const worked: number[] = await first.evaluate('worked');
  expect(worked.filter((at) => at > (ledAt?.at ?? 0))).toEqual([]);
});

test('a leader that hangs for longer is taken from, and follows when it comes back', async ({ context }) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  await block(first, 18_000);
  await second.waitForTimeout(300);
  expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
  const ledAt = (await readLog(second)).findLast(({ what }) => what === 'leader')?.at ?? 0;
  await expect.poll(() => role(first), { timeout: 15_000 }).toBe('follower');
  expect(await role(second)).toBe('leader');
  // What was waiting for its turn may run before the page has read its mail; no more than that.
  const worked: number[] = await first.evaluate('worked');
  expect(worked.filter((at) => at > ledAt).length).toBeLessThanOrEqual(1);
});

for (const hangs of ['it', 'another window of its process']) {
  test(`a tab that is given the lock while ${hangs} hangs, and robbed of it, leads at no moment`, async ({
    context,
  }) => {
    const first = await openTab(context, 'first');
    await leaderOf([first]);
    const next = await openTab(context, 'next');
    const third = await openTab(context, 'third');
    let hanging = next;
    if (hangs !== 'it') {
      const opened = context.waitForEvent('page');
      await next.evaluate(() => void window.open('/plain.html'));
      hanging = await opened;
    }
    await hang(hanging, 18_000);
    await third.waitForTimeout(300);
    await first.close();
    expect(await third.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
    // This waits until it runs again.
    await next.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    const lines = await readLog(third);
    expect(expectNoOverlap(lines)).toBe(2);
    expect(lines.filter(({ tab, what }) => tab.startsWith('next') && what === 'leader')).toEqual([]);
    expect([await role(next), await role(third)]).toEqual(['follower', 'leader']);
  });
}

test('a thief that is closed: the next in line waits as long as the thief had to', async ({ context }) => {
  const [first, second, thief] = await openTabs(context, 'first', 'second', 'thief');
  await thief.evaluate(() => void window.leadership.takeOver());
  const noted = () => second.evaluate(() => Number(localStorage.getItem('lotus-crypto-diag/theft')));
  await expect.poll(noted).toBeGreaterThan(0);
  await thief.close();
  await leaderOf([first, second]);
  const lines = await readLog(second);
  expectNoOverlap(lines);
  const ledAt = lines.findLast(({ what }) => what === 'leader')?.at ?? 0;
  // The two clocks are not one.
  expect(ledAt - (await noted())).toBeGreaterThan(2900);
});

test('where no theft can be noted, the lead is passed on and taken over all the same', async ({ context }) => {
  await context.addInitScript(() => {
    for (const method of ['getItem', 'setItem'] as const) {
      const original = Storage.prototype[method];
      Object.defineProperty(Storage.prototype, method, {
        value(this: Storage, key: string, ...rest: [string]) {
          if (key.startsWith('lotus-crypto-diag/')) throw new Error('no storage');
          return Reflect.apply(original, this, [key, ...rest]);
        },
      });
    }
  });
  const [first, second, third] = await openTabs(context, 'first', 'second', 'third');
  expect(await third.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
  await third.close();
  await leaderOf([first, second]);
  expect(expectNoOverlap(await readLog(second))).toBe(3);
});
