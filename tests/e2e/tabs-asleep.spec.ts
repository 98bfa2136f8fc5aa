// Sleeping tabs in a browser without a test driver: in the back/forward cache, and frozen.
import { expect, test } from '@playwright/test';

import { expectNoOverlap, type Line, parseLog } from './tabs';
import { UndrivenBrowser } from './undriven-browser';

const ORIGIN = 'http://127.0.0.1:4199';

let browser: UndrivenBrowser;
let watcher: string;

// biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured parameter.
test.beforeEach(async ({}, testInfo) => {
  browser = await UndrivenBrowser.launch(testInfo.outputPath('profile'));
  watcher = await browser.open(`${ORIGIN}/bare.html`);
  await expect.poll(() => browser.evaluate(watcher, '"lib" in window')).toBe(true);
});

test.afterEach(() => browser.close());

const readLog = async (): Promise<Line[]> =>
  parseLog(JSON.parse(await browser.evaluate(watcher, 'JSON.stringify(Object.entries(localStorage))')));

/** What the tabs logged, as in `first leader`, without the number of the page load. */
const events = async () => (await readLog()).map(({ tab, what }) => `${tab.split(' ')[0]} ${what}`);

async function open(id: string): Promise<string> {
  const tab = await browser.open(`${ORIGIN}/tabs.html?id=${id}&session=session`);
  await expect.poll(events).toContain(`${id} opened`);
  return tab;
}

test('a leader releases the lead when it enters the back/forward cache, and returns as a follower', async () => {
  const first = await open('first');
  await expect.poll(events).toEqual(['first opened', 'first leader']);
  const second = await open('second');
  await browser.evaluate(first, `location.href = '${ORIGIN}/bare.html'`);
  await expect
    .poll(events)
    .toEqual(['first opened', 'first leader', 'second opened', 'first follower', 'second leader']);

  await browser.evaluate(first, 'history.back()');
  // The page was restored, not loaded: a load would have been logged.
  await expect.poll(() => browser.evaluate(first, 'window.leadership?.role')).toBe('follower');
  await browser.closeTab(second);
  await expect.poll(async () => (await events()).slice(5)).toEqual(['second follower', 'first leader']);
  await expectNoOverlap(readLog);
});

test('a single tab leads again when it returns from the back/forward cache', async () => {
  const only = await open('only');
  await expect.poll(events).toEqual(['only opened', 'only leader']);
  await browser.evaluate(only, `location.href = '${ORIGIN}/bare.html'`);
  await expect.poll(events).toEqual(['only opened', 'only leader', 'only follower']);
  await browser.evaluate(only, 'history.back()');
  await expect.poll(events).toEqual(['only opened', 'only leader', 'only follower', 'only leader']);
});

test('a frozen leader releases the lead, and queues again when it resumes', async () => {
  const first = await open('first');
  await expect.poll(events).toEqual(['first opened', 'first leader']);
  const second = await open('second');
  await browser.freeze('id=first');
  await expect
    .poll(async () => (await events()).slice(3), { timeout: 30_000 })
    .toEqual(['first follower', 'second leader']);
  await browser.activate(first);
  await browser.closeTab(second);
  await expect.poll(async () => (await events()).slice(5)).toEqual(['second follower', 'first leader']);
  await expectNoOverlap(readLog);
});

test('a frozen follower does not block the followers behind it', async () => {
  const first = await open('first');
  await expect.poll(events).toEqual(['first opened', 'first leader']);
  await open('second');
  await open('third');
  await browser.freeze('id=second');
  // Nothing reports the freeze; it takes a moment.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await browser.closeTab(first);
  await expect
    .poll(async () => (await events()).slice(4), { timeout: 30_000 })
    .toEqual(['first follower', 'third leader']);
});

test('a visible leader leads again after a reload, and the hidden follower does not start', async () => {
  const first = await open('first');
  await expect.poll(events).toEqual(['first opened', 'first leader']);
  await open('second');
  await browser.activate(first);
  // Wait until it has queued for the lock long enough not to count as the first tab of the session.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await browser.evaluate(first, 'location.reload()');
  const reloaded = ['first opened', 'first leader', 'second opened', 'first follower', 'first opened', 'first leader'];
  await expect.poll(events).toEqual(reloaded);
  // Longer than a hidden tab would have waited.
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  expect(await events()).toEqual(reloaded);
});

for (const inCall of [false, true]) {
  test(`a visible tab that returns after a hidden one became the leader ${inCall ? 'waits if that one is in a call' : 'leads again'}`, async () => {
    const first = await open('first');
    await expect.poll(events).toEqual(['first opened', 'first leader']);
    const second = await open('second');
    if (inCall) await browser.evaluate(second, 'window.busy = "in a call"');
    await browser.activate(first);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await browser.evaluate(first, `location.href = '${ORIGIN}/bare.html'`);
    await expect.poll(events, { timeout: 30_000 }).toContain('second leader');
    await browser.evaluate(first, `location.href = '${ORIGIN}/tabs.html?id=first&session=session'`);
    const back = inCall ? [] : ['second shutting down', 'second follower', 'first leader'];
    await expect.poll(async () => (await events()).slice(5)).toEqual(['first opened', ...back]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await events()).slice(5)).toEqual(['first opened', ...back]);
    await expectNoOverlap(readLog);
  });
}
