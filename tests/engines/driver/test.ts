// Playwright runs and reports the tests; they drive the engine of their project.
import { test as base, expect } from '@playwright/test';

import { Browser, type Tab } from './browser';
import { ENGINES, type EngineName, find } from './engines';
import { type DriverServer, serve } from './server';
import { SKIPPED_PREFIX } from './skipped-engines';

export { expect };
export type { Tab };

/** Waits until the page has loaded the package. */
export const started = (tab: Tab) => expect.poll(() => tab.evaluate(() => 'lib' in window)).toBe(true);

/** Skips a test whose engine is not installed; in CI, fails it. Returns the engine's browser. */
export function needs(engine: EngineName): string {
  const found = find(ENGINES[engine]);
  if ('binary' in found) return found.binary;
  test.skip(!process.env['CI'], `${SKIPPED_PREFIX} the tests in ${engine}, as ${found.missing}`);
  throw new Error(found.missing);
}

/** The browser of a worker: a WebDriver server runs one at a time. */
interface Running {
  browser?: Browser | undefined;
  isPrivate?: boolean;
}

export const test = base.extend<
  { browser: never; engineBrowser: Browser; privately: boolean },
  { engine: EngineName; server: DriverServer | undefined; running: Running }
>({
  engine: ['chromium', { option: true, scope: 'worker' }],
  privately: [false, { option: true }],
  server: [
    async ({ engine }, use) => {
      const found = find(ENGINES[engine]);
      const server = 'missing' in found ? undefined : await serve(ENGINES[engine], found.server);
      await use(server);
      server?.close();
    },
    { scope: 'worker' },
  ],
  running: [
    // biome-ignore lint/correctness/noUnusedFunctionParameters: so that the browser ends before the server.
    async ({ server }, use) => {
      const running: Running = {};
      await use(running);
      await running.browser?.quit();
    },
    { scope: 'worker' },
  ],
  engineBrowser: async ({ engine, server, running, privately }, use, info) => {
    needs(engine);
    if (!server) throw new Error('no WebDriver server');
    if (running.isPrivate !== privately || running.browser?.needsRestart) {
      await running.browser?.quit();
      running.browser = undefined;
    }
    running.browser ??= await Browser.launch(engine, server, privately);
    running.isPrivate = privately;
    const { browser } = running;
    info.annotations.push({ type: 'engine', description: `${engine} ${browser.version}` });
    browser.begin();
    await use(browser);
    await browser.end();
  },
});
