// Tabs whose JavaScript blocks for a while.
import { expect, type Page, test } from '@playwright/test';

import { readReport } from './report';
import { expectNoOverlap, hang, leaderOf, openTab, openTabs, readLog, role } from './tabs';

const takeOver = (page: Page) => page.evaluate(() => window.leadership.takeOver());

const NO_RESPONSE = { granted: false, reason: null };

/** `leaderSilent` according to the election, the snapshot, and the report. */
const leaderSilent = (page: Page) =>
  page.evaluate(() => {
    const report: unknown = JSON.parse(window.lib.buildCryptoDiagReport(undefined));
    return [window.leadership, window.lib.getSnapshot().tabs, Object(report).tabs].map((of) => of?.leaderSilent);
  });

test('a hung leader keeps the lead; a follower reports leaderSilent and leads once the leader is closed', async ({
  context,
}) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  readReport(await second.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
  expect(await leaderSilent(second)).toEqual([false, false, false]);
  await hang(first, 40_000);
  await second.waitForTimeout(300);
  expect(await takeOver(second)).toEqual(NO_RESPONSE);
  expect(await role(second)).toBe('follower');
  expect(await leaderSilent(second)).toEqual([true, true, true]);
  const [{ tab } = { tab: '' }] = (await readLog(second)).filter(({ what }) => what === 'leader');
  const closedAt = await second.evaluate(() => performance.timeOrigin + performance.now());
  await first.close();
  await leaderOf([second]);
  expect(await leaderSilent(second)).toEqual([false, false, false]);
  // The closed tab could not log that it follows, so the time of its end is passed in.
  expect(await expectNoOverlap(() => readLog(second), new Map([[tab, closedAt]]))).toBe(2);
});

test('leaderSilent ends when a hung leader responds and refuses', async ({ context }) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  await first.evaluate(() => {
    window.busy = 'in a call';
  });
  await second.evaluate(() => {
    const silentStates: boolean[] = [];
    Object.assign(window, { silentStates });
    window.leadership.subscribe(() => silentStates.push(window.leadership.leaderSilent));
  });
  await hang(first, 7000);
  await second.waitForTimeout(300);
  expect(await takeOver(second)).toEqual(NO_RESPONSE);
  await expect.poll(() => second.evaluate('silentStates'), { timeout: 15_000 }).toEqual([true, false]);
  expect(await Promise.all([first, second].map(role))).toEqual(['leader', 'follower']);
});

test('a hung leader shuts down and hands over when it responds again', async ({ context }) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  await hang(first, 7000);
  await second.waitForTimeout(300);
  expect(await takeOver(second)).toEqual(NO_RESPONSE);
  await expect.poll(() => role(second), { timeout: 15_000 }).toBe('leader');
  await expectNoOverlap(() => readLog(second));
  const lines = await readLog(second);
  expect(lines.some(({ tab, what }) => tab.startsWith('first') && what === 'shutting down')).toBe(true);
  expect(await role(first)).toBe('follower');
});

for (const hangs of ['the tab', 'another window of its process']) {
  test(`if a tab gets the lock while ${hangs} hangs, only one tab leads afterwards`, async ({ context }) => {
    const [first] = await openTabs(context, 'first');
    const next = await openTab(context, 'next');
    const third = await openTab(context, 'third');
    let hanging = next;
    if (hangs !== 'the tab') {
      const opened = context.waitForEvent('page');
      await next.evaluate(() => void window.open('/plain.html'));
      hanging = await opened;
    }
    await hang(hanging, 7000);
    await third.waitForTimeout(300);
    await first.close();
    expect(await takeOver(third)).toEqual(NO_RESPONSE);
    // `third` has asked for the lead already, so `next` may hand it over at once.
    await leaderOf([next, third]);
    await expectNoOverlap(() => readLog(third));
  });
}

test('take-over and reload work without localStorage and sessionStorage', async ({ context }) => {
  await context.addInitScript(() => {
    for (const method of ['getItem', 'setItem', 'removeItem'] as const) {
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
  expect(await takeOver(third)).toEqual({ granted: true, reason: null });
  await third.reload();
  await third.waitForFunction(() => 'leadership' in window);
  await leaderOf([first, second, third]);
  expect(await role(third)).toBe('follower');
  expect(await expectNoOverlap(() => readLog(second))).toBe(3);
});
