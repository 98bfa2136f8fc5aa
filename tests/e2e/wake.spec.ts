// The WebAssembly is instantiated when the first thing happens that is evidence, and at the latest when the app has started.
import { expect, type Page, test } from '@playwright/test';

import { open, readReport } from './report';

/** Counts what is instantiated, on a page that imports `auto` and draws the card; `refuse`: and lets none of it be. */
async function openCounting(page: Page, { refuse = false } = {}) {
  await page.addInitScript((refuse) => {
    const Real = WebAssembly.Instance;
    const counted = Object.assign(window, { instances: 0 });
    WebAssembly.Instance = function Instance(module: WebAssembly.Module, imports: WebAssembly.Imports) {
      counted.instances += 1;
      if (refuse) throw new WebAssembly.CompileError('no memory left');
      return new Real(module, imports);
    } as unknown as typeof WebAssembly.Instance;
  }, refuse);
  // The app is never idle for long, nor has it started, before the test says so.
  await page.addInitScript(() => {
    const idle: (() => void)[] = [];
    window.requestIdleCallback = (callback) => idle.push(callback as () => void);
    Object.assign(window, {
      rest: () => {
        for (const run of idle.splice(0)) run();
      },
      waiting: () => idle.length,
    });
  });
  return open(page, '/card.html');
}

const instances = (page: Page) => page.evaluate('instances');
const snapshot = (page: Page) => page.evaluate(() => window.lib.getSnapshot());

test('an app in which nothing is wrong starts without it, and has it once it is idle', async ({ page }) => {
  const escaped = await openCounting(page);
  await page.evaluate(() => {
    console.warn('a line that is no evidence');
    console.error(new Error('nor is this'));
    return fetch('/echo/a', { method: 'POST', body: '{}' });
  });
  expect(await snapshot(page)).toMatchObject({ status: { state: 'running', reason: null }, entries: [] });
  expect(await instances(page)).toBe(0);
  await expect.poll(() => page.evaluate('waiting()')).toBeGreaterThan(0);
  expect(await instances(page)).toBe(0);
  await page.evaluate('rest()');
  expect(await instances(page)).toBe(1);
  await expect.poll(async () => (await snapshot(page)).uploadLoop.watched).toBe(true);
  expect(escaped).toEqual([]);
});

const FIRST: Record<string, (page: Page) => Promise<unknown>> = {
  'a line that is evidence': (page) => page.evaluate(() => console.warn('x already exists')),
  'a line of a frame': async (page) => {
    await page.evaluate(() => void document.body.append(document.createElement('iframe')));
    await page.evaluate(() => (frames[0] as Window & typeof globalThis).console.error('x already exists'));
  },
  'an upload of keys': (page) =>
    page.evaluate(() => fetch('/echo/_matrix/client/v3/keys/upload', { method: 'POST', body: '{}' })),
  'a wish for the report': (page) => page.evaluate(() => window.lib.buildCryptoDiagReport()),
};
for (const [name, happen] of Object.entries(FIRST)) {
  test(`${name} instantiates it, once`, async ({ page }) => {
    const escaped = await openCounting(page);
    expect(await instances(page)).toBe(0);
    await happen(page);
    expect(await instances(page)).toBe(1);
    await page.evaluate(() => console.warn('y already exists'));
    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport()));
    expect(report.entries.map(({ message }) => message)).toContain('y already exists');
    expect(report.uploadLoop.watched).toBe(true);
    expect(await instances(page)).toBe(1);
    expect(escaped).toEqual([]);
  });
}

test('one that cannot be instantiated is said to have failed, and the page goes on', async ({ page }) => {
  const escaped = await openCounting(page, { refuse: true });
  const body = await page.evaluate(async () => {
    console.warn('x already exists');
    const response = await fetch('/echo/_matrix/client/v3/keys/upload', { method: 'POST', body: '{}' });
    console.warn('y already exists');
    return response.status;
  });
  expect(body).toBe(200);
  await expect.poll(async () => (await snapshot(page)).status.state).toBe('failed');
  expect((await snapshot(page)).status.reason).toContain('no memory left');
  // Switched off: it is not tried again with every line.
  expect(await instances(page)).toBe(1);
  expect(escaped).toEqual([]);
});
