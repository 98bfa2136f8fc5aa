// The WebAssembly module is instantiated by the first evidence, or at the latest when the app has started.
import { expect, type Page, test } from '@playwright/test';

import { controlIdleTime } from './idle';
import { open, readReport } from './report';

/** Opens a page with `auto` and the prompt, and counts instantiations; the first ones fail as given by `refusals`. */
async function openCounting(page: Page, refusals: ('CompileError' | 'RangeError')[] = []) {
  await page.addInitScript((refusals) => {
    const Real = WebAssembly.Instance;
    const counted = Object.assign(window, { instances: 0 });
    WebAssembly.Instance = function Instance(module: WebAssembly.Module, imports: WebAssembly.Imports) {
      const refusal = refusals[counted.instances];
      counted.instances += 1;
      // What the page logs during instantiation must not be read: reading it would instantiate a second module.
      console.warn('from inside: x already exists');
      if (refusal === 'RangeError') throw new RangeError('cannot allocate memory');
      if (refusal === 'CompileError') throw new WebAssembly.CompileError('cannot allocate memory');
      return new Real(module, imports);
    } as unknown as typeof WebAssembly.Instance;
  }, refusals);
  // The app is neither idle nor started until the test says so.
  await controlIdleTime(page);
  return open(page, '/card.html?app');
}

const instances = (page: Page) => page.evaluate('instances');
const snapshot = (page: Page) => page.evaluate(() => window.lib.getSnapshot());

/** Lets the app be idle until the module is instantiated. */
const idleUntilInstantiated = (page: Page) =>
  expect
    .poll(async () => {
      await page.evaluate(() => window.runIdleCallbacks());
      return instances(page);
    })
    .toBe(1);

test('without evidence, the module is instantiated once the app is idle, not before', async ({ page }) => {
  const pageErrors = await openCounting(page);
  await page.evaluate(() => {
    console.warn('a line that is no evidence');
    console.error(new Error('nor is this'));
    return fetch('/echo/a', { method: 'POST', body: '{}' });
  });
  const asleep = await snapshot(page);
  expect(asleep).toMatchObject({ status: { state: 'running', reason: null }, entries: [] });
  expect(await instances(page)).toBe(0);
  await expect.poll(() => page.evaluate(() => window.pendingIdleCallbacks())).toBeGreaterThan(0);
  expect(await instances(page)).toBe(0);
  await page.evaluate(() => void Object.assign(window, { known: window.lib.getSnapshot() }));
  await idleUntilInstantiated(page);
  // What the views showed before instantiation was right.
  expect(asleep.uploadLoop).toMatchObject({ watched: true, breaker: 'closed' });
  await page.waitForFunction((known) => window.lib.getSnapshot() !== known, await page.evaluateHandle('window.known'));
  const { counts, entries, cryptoStore, uploadLoop } = asleep;
  expect(await snapshot(page)).toMatchObject({ counts, entries, cryptoStore, uploadLoop });
  expect(pageErrors).toEqual([]);
});

const FIRST: Record<string, (page: Page) => Promise<unknown>> = {
  'a line that is evidence': (page) => page.evaluate(() => console.warn('x already exists')),
  'a line of a frame': async (page) => {
    await page.evaluate(() => void document.body.append(document.createElement('iframe')));
    await page.evaluate(() => (frames[0] as Window & typeof globalThis).console.error('x already exists'));
  },
  'an upload of keys': (page) =>
    page.evaluate(() => fetch('/echo/_matrix/client/v3/keys/upload', { method: 'POST', body: '{}' })),
  'building a report': (page) => page.evaluate(() => window.lib.buildCryptoDiagReport()),
};
for (const [name, happen] of Object.entries(FIRST)) {
  test(`${name} instantiates the module once`, async ({ page }) => {
    const pageErrors = await openCounting(page);
    expect(await instances(page)).toBe(0);
    await happen(page);
    // The library reads the answer to an upload after the page's own code.
    await expect.poll(() => instances(page)).toBe(1);
    await page.evaluate(() => console.warn('y already exists'));
    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport()));
    expect(report.entries.map(({ message }) => message)).toContain('y already exists');
    expect(report.uploadLoop.watched).toBe(true);
    expect(await instances(page)).toBe(1);
    expect(pageErrors).toEqual([]);
  });
}

const REFUSED: Record<string, { refusals: ('CompileError' | 'RangeError')[]; instances: number }> = {
  'that cannot be compiled': { refusals: ['CompileError'], instances: 1 },
  // The first failure may be a stack overflow of the page, so it is retried.
  'for which there is no memory': { refusals: ['RangeError', 'RangeError'], instances: 2 },
};
for (const [name, { refusals, instances: tried }] of Object.entries(REFUSED)) {
  test(`the status is failed for a module ${name}, and the page works`, async ({ page }) => {
    const pageErrors = await openCounting(page, refusals);
    const status = await page.evaluate(async () => {
      console.warn('x already exists');
      const response = await fetch('/echo/_matrix/client/v3/keys/upload', { method: 'POST', body: '{}' });
      for (let line = 0; line < 20; line++) console.warn(`${line} already exists`);
      return response.status;
    });
    expect(status).toBe(200);
    await expect.poll(async () => (await snapshot(page)).status.state).toBe('failed');
    expect((await snapshot(page)).status.reason).toContain('cannot allocate memory');
    // Switched off: no retry with every line.
    await page.evaluate(() => console.warn('y already exists'));
    expect(await instances(page)).toBe(tried);
    expect(pageErrors).toEqual([]);
  });
}

test('the instantiation is retried after one RangeError', async ({ page }) => {
  await openCounting(page, ['RangeError']);
  await page.evaluate(() => console.warn('x already exists'));
  await expect.poll(() => instances(page)).toBe(2);
  await page.evaluate(() => console.warn('y already exists'));
  expect(await snapshot(page)).toMatchObject({ status: { state: 'running' } });
  await expect
    .poll(async () => (await snapshot(page)).entries.map(({ message }) => message))
    .toEqual(['y already exists']);
});

for (const [when, isAwake] of [
  ['before the module is instantiated', false],
  ['after the module is instantiated', true],
] as const) {
  test(`matching lines logged on an exhausted stack ${when} do not switch off the diagnostics`, async ({ page }) => {
    const pageErrors = await openCounting(page);
    if (isAwake) await idleUntilInstantiated(page);
    await page.evaluate(() => {
      const lines = ['x already exists', 'an ordinary line', 'an ordinary l\u012bne', 'x\u0101 already exists'];
      for (const line of lines) {
        let logged = 0;
        const again = (): void => {
          try {
            again();
          } catch (error) {
            // Each line is different: a known line would be counted without being read.
            if (logged++ < 2000) console.error(`${line}, number ${logged}`);
            throw error;
          }
        };
        try {
          again();
        } catch {
          // The stack overflow that this test provokes.
        }
      }
    });
    const afterLater = async () => {
      await page.evaluate(() => console.error('later already exists'));
      return (await snapshot(page)).entries.map(({ message }) => message);
    };
    await expect.poll(afterLater).toContain('later already exists');
    expect((await snapshot(page)).status.state).toBe('running');
    expect(pageErrors).toEqual([]);
  });
}

test('calling the undo while a line is read does not switch off the diagnostics', async ({ page }) => {
  const pageErrors = await open(page, '/bare.html');
  await page.evaluate(() => {
    const undo = window.lib.installCryptoDiagLog();
    const real = window.setTimeout;
    // The library sets a timer while it reads a line.
    window.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
      undo();
      return real(...args);
    }) as typeof setTimeout;
    console.warn('x already exists');
    window.setTimeout = real;
  });
  await page.evaluate(() => {
    window.lib.installCryptoDiagLog();
    console.warn('y already exists');
  });
  await expect.poll(async () => (await snapshot(page)).status.state).toBe('running');
  expect((await snapshot(page)).entries.map(({ message }) => message)).toEqual([
    'x already exists',
    'y already exists',
  ]);
  expect(pageErrors).toEqual([]);
});
