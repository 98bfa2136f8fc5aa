// Traps of the WebAssembly module in callbacks from the browser, where no caller but the page could catch them.
import { expect, type Page, test } from '@playwright/test';

import { open } from './report';

/** Opens a page in which the module, once the page says so, traps whenever the browser calls one of its closures. */
async function openTrapping(page: Page, { isIdle = false } = {}) {
  await page.addInitScript((isIdle) => {
    const Real = WebAssembly.Instance;
    const trapping = ([name, value]: [string, unknown]) => {
      if (typeof value !== 'function' || !name.includes('closures')) return [name, value];
      const call = (...args: unknown[]) => {
        if ('traps' in window) throw new WebAssembly.RuntimeError('unreachable');
        return value(...args);
      };
      return [name, call];
    };
    WebAssembly.Instance = function Instance(module: WebAssembly.Module, imports: WebAssembly.Imports) {
      const { exports } = new Real(module, imports);
      return { exports: Object.fromEntries(Object.entries(exports).map(trapping)) };
    } as unknown as typeof WebAssembly.Instance;
    // An app that is never idle: only the test asks about the storage.
    if (!isIdle) window.requestIdleCallback = () => 0;
    navigator.storage.persist = async () => false;
  }, isIdle);
  return open(page, '/card.html?app');
}

const expectSwitchedOff = (page: Page) =>
  expect
    .poll(() => page.evaluate(() => window.lib.getSnapshot().status))
    .toMatchObject({ state: 'failed', reason: expect.stringContaining('unreachable') });

/**
 * Ways in which the browser calls the module. `before` prepares the page; `after` triggers the call, once the traps are
 * set.
 */
const WAYS: Record<string, { before: () => void; after: () => void }> = {
  'a promise': {
    before: () => {
      navigator.storage.persisted = () =>
        new Promise((resolve) => {
          Object.assign(window, { answer: () => resolve(false) });
        });
    },
    after: () => (window as unknown as { answer: () => void }).answer(),
  },
  'a timer': {
    before: () => {
      const never = () => new Promise<never>(() => {});
      Object.assign(navigator.storage, { persisted: never, estimate: never });
    },
    // The timeout fires by itself.
    after: () => {},
  },
};
for (const [name, { before, after }] of Object.entries(WAYS)) {
  test(`a trap in ${name} switches the diagnostics off; the page gets no error and the caller gets an answer`, async ({
    page,
  }) => {
    const pageErrors = await openTrapping(page);
    await page.evaluate(before);
    await page.evaluate(async () => {
      Object.assign(window, { pending: window.lib.refreshStorageStatus() });
      await new Promise((resolve) => setTimeout(resolve));
      Object.assign(window, { traps: true });
    });
    await page.evaluate(after);
    const answer = await page.evaluate(() => (window as unknown as { pending: Promise<unknown> }).pending);
    expect(answer).toMatchObject({ request: 'error', error: 'the diagnostics do not run in this page' });
    await expectSwitchedOff(page);
    // The page's own console and `fetch` are restored, and later calls still get an answer.
    const isOurs = await page.evaluate(() => /inspect/.test(Function.prototype.toString.call(console.warn)));
    expect(isOurs).toBe(false);
    expect(await page.evaluate(() => window.lib.requestPersistentStorage())).toMatchObject({ request: 'error' });
    expect(pageErrors).toEqual([]);
  });
}

test('a trap in an event switches the diagnostics off, and the page gets no error', async ({ page }) => {
  const pageErrors = await openTrapping(page, { isIdle: true });
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().storage?.request)).toBe('denied');
  await page.evaluate(() => {
    Object.assign(window, { traps: true });
    dispatchEvent(new Event('appinstalled'));
  });
  await expectSwitchedOff(page);
  expect(pageErrors).toEqual([]);
});
