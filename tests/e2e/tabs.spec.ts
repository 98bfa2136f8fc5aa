import { expect, type Page, test } from '@playwright/test';

import { breakWasm, makeBreakable } from './broken-wasm';
import { expectNoOverlap, leaderOf, openTab, openTabs, readLog, role } from './tabs';

for (const count of [2, 5, 20, 50]) {
  test(`of ${count} tabs one leads, after a release, a reload, a navigation, a close and a crash`, async ({
    context,
  }) => {
    test.setTimeout(120_000);
    let pages: Page[] = [];
    for (let i = 0; i < count; i++) pages.push(await openTab(context, `tab${i}`));
    const watcher = await context.newPage();
    await watcher.goto('/bare.html');
    const crashedAt = new Map<string, number>();

    const endings: [string, (page: Page) => Promise<unknown>][] = [
      ['released', (page) => page.evaluate(() => window.leadership.release())],
      ['reloaded', (page) => page.reload()],
      ['navigated', (page) => page.goto('about:blank')],
      ['closed', (page) => page.close()],
      [
        'crashed',
        async (page) => {
          const { tab } = (await readLog(watcher)).findLast(({ what }) => what === 'leader') ?? { tab: '' };
          crashedAt.set(tab, await watcher.evaluate(() => performance.timeOrigin + performance.now()));
          await page.goto('chrome://crash').catch(() => {});
        },
      ],
    ];
    for (const [what, end] of endings) {
      const leader = await leaderOf(pages);
      await end(leader);
      if (what !== 'reloaded') pages = pages.filter((page) => page !== leader);
      await leaderOf(pages);
      if (pages.length === 1) pages.push(await openTab(context, `after it was ${what}`));
    }
    expect(await expectNoOverlap(() => readLog(watcher), crashedAt)).toBeGreaterThanOrEqual(1 + endings.length);
  });
}

test.describe('take-over', () => {
  test('when granted, the leader shuts down first, and the asking tab leads instead of the first in the queue', async ({
    context,
  }) => {
    const [first, second, third] = await openTabs(context, 'first', 'second', 'third');
    expect(await third.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
    expect(await Promise.all([first, second, third].map(role))).toEqual(['follower', 'follower', 'leader']);
    await expectNoOverlap(() => readLog(third));
    const lines = await readLog(third);
    const [shuttingDown, stepped, led] = [
      lines.find(({ what }) => what === 'shutting down'),
      lines.find(({ what }) => what === 'follower'),
      lines.findLast(({ what }) => what === 'leader'),
    ];
    expect(stepped && shuttingDown && stepped.at - shuttingDown.at).toBeGreaterThanOrEqual(45);
    expect(led && stepped && led.at - stepped.at).toBeGreaterThan(0);
    expect(led?.tab).toMatch(/^third/);
  });

  test("is refused with the leader's reason", async ({ context }) => {
    const [first, second] = await openTabs(context, 'first', 'second');
    await first.evaluate(() => {
      window.busy = 'in a call';
    });
    expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({ granted: false, reason: 'in a call' });
    expect(await role(first)).toBe('leader');
  });

  test('is refused if the leader decides too late, and its client keeps running', async ({ context }) => {
    const [first, second] = await openTabs(context, 'first', 'second');
    await first.evaluate(() => {
      window.busy = new Promise((resolve) => setTimeout(() => resolve(true), 16_000));
    });
    expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({
      granted: false,
      reason: 'the other tab did not decide',
    });
    await first.evaluate(async () => void (await window.busy));
    expect(await role(first)).toBe('leader');
    expect((await readLog(second)).map(({ what }) => what)).not.toContain('shutting down');
  });

  test('is granted if the leader is released before it decides', async ({ context }) => {
    const [first, second] = await openTabs(context, 'first', 'second');
    await first.evaluate(() => {
      window.busy = new Promise((resolve) => Object.assign(window, { decide: () => resolve(true) }));
    });
    const answer = second.evaluate(() => window.leadership.takeOver());
    await first.waitForTimeout(200);
    await first.evaluate(() => window.leadership.release());
    expect(await answer).toEqual({ granted: true, reason: null });
    await first.evaluate('decide()');
    await first.evaluate(async () => void (await window.busy));
    expect(await first.evaluate(() => window.lib.getCryptoDiagStatus().state)).toBe('running');
  });

  test('when two tabs ask at once, one of them leads and both get an answer', async ({ context }) => {
    const pages = await openTabs(context, 'first', 'second', 'third');
    const answers = await Promise.all(
      [pages[1], pages[2]].map((page) => page.evaluate(() => window.leadership.takeOver())),
    );
    expect(answers.some(({ granted }) => granted)).toBe(true);
    await leaderOf([pages[1], pages[2]]);
    expect(await role(pages[0])).toBe('follower');
    await expectNoOverlap(() => readLog(pages[0]));
  });

  test('is granted if the leader is closed before it answers', async ({ context }) => {
    const [first, , third] = await openTabs(context, 'first', 'second', 'third');
    const answer = third.evaluate(() => window.leadership.takeOver());
    await first.close();
    expect(await answer).toEqual({ granted: true, reason: null });
    expect(await role(third)).toBe('leader');
    await expectNoOverlap(() => readLog(third));
  });
});

for (const [what, calls] of [
  ['the WebAssembly broke', ''],
  ['the closures of the WebAssembly broke', 'closures'],
] as const) {
  test(`after ${what}, a follower leaves the queue and says why it cannot take over`, async ({ context }) => {
    await makeBreakable(context, calls);
    const [first, second, third] = await openTabs(context, 'first', 'second', 'third');
    await breakWasm(second);
    await first.close();
    await leaderOf([second, third]);
    expect(await role(third)).toBe('leader');
    expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({
      granted: false,
      reason: 'the diagnostics of this tab broke: reload it',
    });
  });
}

test.describe('after the WebAssembly broke', () => {
  test.beforeEach(({ context }) => makeBreakable(context));

  test('a leader keeps the lead until it is closed, and does not respond to take-overs', async ({ context }) => {
    const [first, second] = await openTabs(context, 'first', 'second');
    await breakWasm(first);
    await first.evaluate(() => console.error('MissingKey: missing key at index 1'));
    expect(await first.evaluate(() => window.lib.getCryptoDiagStatus().state)).toBe('failed');
    expect(await first.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
    expect(await role(first)).toBe('leader');
    expect(await second.evaluate(() => window.leadership.takeOver())).toEqual({ granted: false, reason: null });
    expect(await Promise.all([first, second].map(role))).toEqual(['leader', 'follower']);
    await first.close();
    await leaderOf([second]);
  });

  test('release and leaving the page give up the lead', async ({ context }) => {
    const [first, second, third] = await openTabs(context, 'first', 'second', 'third');
    await breakWasm(first);
    await first.evaluate(() => window.leadership.release());
    await leaderOf([second, third]);
    await breakWasm(second);
    await second.goto('/bare.html');
    await leaderOf([third]);
    await expectNoOverlap(() => readLog(third));
  });
});

test('tabs of different sessions do not count each other', async ({ context }) => {
  const [a, b] = [await openTab(context, 'a', '@a:hs D1'), await openTab(context, 'b', '@a:hs D2')];
  await expect.poll(() => Promise.all([role(a), role(b)])).toEqual(['leader', 'leader']);
  const report = JSON.parse(await a.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
  expect(report.tabs).toMatchObject({ session: '@a:hs D1', error: null });
  expect(report.tabs.tabs).toHaveLength(1);
});

test('a report contains faults of other tabs, with the id of the tab', async ({ context }) => {
  const [a, b] = await openTabs(context, 'a', 'b');
  await b.evaluate(() => console.error('MissingKey: missing key at index 1 for participant @b:hs:DEV'));
  const report = JSON.parse(await a.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
  expect(report.counts['KE-2']).toBe(0);
  expect(report.tabs.tabs).toMatchObject([
    { thisTab: true, role: 'leader', entries: [] },
    { thisTab: false, role: 'follower', counts: { 'KE-2': 1 }, entries: [{ ke: 'KE-2' }] },
  ]);
  expect(report.tabs.tabs[0].id).not.toBe(report.tabs.tabs[1].id);
  await b.close();
  await expect.poll(() => a.evaluate(() => window.lib.getSnapshot().tabs)).toMatchObject({ role: 'leader', count: 1 });
});

test('a report contains a tab that is busy for a second', async ({ context }) => {
  const [a, b] = await openTabs(context, 'a', 'b');
  const count = () => a.evaluate(() => window.lib.getSnapshot().tabs.count);
  await expect.poll(count).toBe(2);
  await b.evaluate(() => {
    console.error('MissingKey: missing key at index 1');
    setTimeout(() => {
      const end = Date.now() + 1200;
      while (Date.now() < end);
    });
  });
  const report = JSON.parse(await a.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
  expect(report.tabs.tabs).toMatchObject([{ thisTab: true }, { thisTab: false, counts: { 'KE-2': 1 } }]);
});

test('a closed follower sends bye; a closed leader does not', async ({ context }) => {
  const [leader, follower, next, bystander] = await openTabs(context, 'leader', 'follower', 'next', 'bystander');
  await leaderOf([leader]);
  await next.evaluate(() => {
    const byes: string[] = [];
    Object.assign(window, { byes });
    new BroadcastChannel('lotus-crypto-diag/roll-call').addEventListener('message', ({ data }) => {
      const { kind, from } = JSON.parse(data);
      if (kind === 'bye') byes.push(from);
    });
  });
  const id: string = await follower.evaluate(
    async () => JSON.parse(await window.lib.collectCryptoDiagReport(undefined)).tabs.tabs[0].id,
  );
  await follower.close();
  await expect.poll(() => next.evaluate('byes')).toEqual([id]);
  await leader.close();
  await leaderOf([next]);
  await next.waitForTimeout(300);
  expect(await next.evaluate('byes')).toEqual([id]);
  // Tabs that do not lead next also learn that it is gone.
  const count = () => bystander.evaluate(() => window.lib.getSnapshot().tabs.count);
  await expect.poll(count).toBe(2);
});

test('a tab that left the election is not counted', async ({ context }) => {
  const [a, b] = await openTabs(context, 'a', 'b');
  const tabs = () => Promise.all([a, b].map((page) => page.evaluate(() => window.lib.getSnapshot().tabs)));
  await expect.poll(tabs).toMatchObject([
    { role: 'leader', count: 2 },
    { role: 'follower', count: 2 },
  ]);
  await b.evaluate(() => window.leadership.release());
  await expect.poll(tabs).toMatchObject([
    { role: 'leader', count: 1 },
    { role: null, count: 1 },
  ]);
});

for (const [what, script] of [
  ['no Web Locks', "Object.defineProperty(navigator, 'locks', { value: undefined })"],
  [
    'Web Locks that throw',
    "if (navigator.locks) LockManager.prototype.request = () => { throw new DOMException('no', 'SecurityError') }",
  ],
  [
    'Web Locks that reject',
    "if (navigator.locks) LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'))",
  ],
  ['no BroadcastChannel', 'delete window.BroadcastChannel'],
  ['a BroadcastChannel that throws', "window.BroadcastChannel = class { constructor() { throw new Error('no') } }"],
  ['no WebAssembly', 'delete window.WebAssembly'],
]) {
  test(`with ${what}, the role is solo and the report says why`, async ({ context }) => {
    await context.addInitScript(script ?? '');
    const pageErrors: string[] = [];
    context.on('weberror', (error) => pageErrors.push(String(error.error())));
    const page = await openTab(context, 'tab');
    await expect.poll(() => role(page)).toBe('solo');
    await page.evaluate(() => window.leadership.whenLeader());
    expect(await page.evaluate(() => window.leadership.takeOver())).toEqual({ granted: true, reason: null });
    const report = JSON.parse(await page.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
    expect(report.tabs.tabs).toMatchObject([{ role: 'solo' }]);
    expect(report.tabs.error).toMatch(/Web Locks are missing|cannot be asked/);
    expect(pageErrors).toEqual([]);
  });
}
