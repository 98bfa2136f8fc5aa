// The consoles of frames, in which calls run.
import { isDeepStrictEqual } from 'node:util';

import { expect, type Page, test } from '@playwright/test';

import { type Alive, countAlive } from './heap';
import { open, readReport } from './report';

const CALL = '/in-frame.html?name=';
const ELEMENT_CALL = 'allow-scripts allow-same-origin';

/** Source and participant of each entry, as in `frame:/in-frame.html @first-line-of-a:hs:DEV`. */
const capturedLines = (page: Page) =>
  page.evaluate(() =>
    window.lib
      .getCryptoDiagEntries()
      .filter(({ ke }) => ke === 'KE-2')
      .map(({ source, detail }) => `${source} ${'participant' in detail ? detail.participant : ''}`)
      .sort(),
  );
const both = (name: string) => [
  `frame:/in-frame.html @bound-of-${name}:hs:DEV`,
  `frame:/in-frame.html @first-line-of-${name}:hs:DEV`,
];

for (const sandbox of [undefined, ELEMENT_CALL]) {
  test(`a new ${sandbox ? 'sandboxed ' : ''}frame is captured from its first line, also if its logger binds the console`, async ({
    page,
  }) => {
    const pageErrors = await open(page, '/frames.html');
    await page.evaluate(([src, rules]) => void window.openFrame(src, rules ?? undefined), [
      `${CALL}a`,
      sandbox ?? null,
    ] as const);
    await expect.poll(() => capturedLines(page)).toEqual(both('a'));
    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
    expect(JSON.stringify(report)).not.toContain('@logged');
    expect(report.entries.at(-1)?.source).toBe('frame:/in-frame.html');
    expect(report.blindSpots.join()).toContain('Workers');
    expect(pageErrors).toEqual([]);
  });
}

test('watchFrame captures a frame from its first line, and its undo restores the console', async ({ page }) => {
  await page.goto('/bare.html');
  await page.evaluate((src) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const undo = window.lib.watchFrame(frame);
    frame.src = src;
    Object.assign(window, { undo, frame });
  }, `${CALL}handed`);
  await expect.poll(() => capturedLines(page)).toEqual(both('handed'));
  // After the undo, the frame's console is restored.
  const lines = await page.evaluate(() => {
    const { undo, frame } = window as unknown as { undo(): void; frame: HTMLIFrameElement };
    undo();
    undo();
    const { console: inner } = frame.contentWindow as unknown as { console: Console };
    inner.error('MissingKey: missing key at index 9 for participant @after:hs:DEV');
    return /native code/.test(String(inner.error));
  });
  expect(lines).toBe(true);
  expect(await capturedLines(page)).toHaveLength(2);
});

test('the last undo releases a frame that is watched twice, and the last frame releases the document', async ({
  page,
}) => {
  await page.addInitScript(() => {
    const { observe, disconnect } = MutationObserver.prototype;
    const state = Object.assign(window, { observed: 0 });
    MutationObserver.prototype.observe = function (...args) {
      state.observed += 1;
      return observe.apply(this, args);
    };
    MutationObserver.prototype.disconnect = function () {
      state.observed -= 1;
      return disconnect.apply(this);
    };
  });
  await page.goto('/bare.html');
  const before = await page.evaluate('observed');
  const result = await page.evaluate(() => {
    const open = () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      return frame;
    };
    const frame = open();
    const { console: inner } = frame.contentWindow as unknown as { console: Console };
    const isWatched = () => !/native code/.test(String(inner.error));
    const undos = [window.lib.watchFrame(frame), window.lib.watchFrame(frame)];
    const states = [isWatched()];
    for (const undo of [undos[0], undos[0], undos[1], undos[1]]) {
      undo?.();
      states.push(isWatched());
    }
    const gone = open();
    window.lib.watchFrame(gone);
    gone.remove();
    return states;
  });
  expect(result).toEqual([true, true, true, false, false]);
  await expect.poll(() => page.evaluate('observed')).toBe(before);
});

test('the undo of watchFrame does not release a frame that `auto` watches', async ({ page }) => {
  await open(page, '/frames.html');
  const isWatched = await page.evaluate(() => {
    const frame = window.openFrame('about:blank');
    const undo = window.lib.watchFrame(frame);
    undo();
    const { console: inner } = frame.contentWindow as unknown as { console: Console };
    return !/native code/.test(String(inner.error));
  });
  expect(isWatched).toBe(true);
});

test('after each navigation of a frame, its next page is captured from the first line', async ({ page }) => {
  await open(page, '/frames.html');
  await page.evaluate((src) => void Object.assign(window, { frame: window.openFrame(src) }), `${CALL}a`);
  await expect.poll(() => capturedLines(page)).toEqual(both('a'));
  for (const name of ['b', 'c', 'd']) {
    await page.evaluate(
      (src) => (window as unknown as { frame: HTMLIFrameElement }).frame.contentWindow?.location.assign(src),
      CALL + name,
    );
    await expect.poll(() => capturedLines(page)).toEqual(expect.arrayContaining(both(name)));
  }
});

test('a frame of another origin is not touched, logs no error, and is a blind spot in the report', async ({ page }) => {
  const lines: string[] = [];
  page.on('console', (line) => lines.push(line.text()));
  const pageErrors = await open(page, '/frames.html');
  await page.evaluate(() => {
    const frame = window.openFrame('http://localhost:4199/in-frame.html?name=other');
    return new Promise((resolve) => frame.addEventListener('load', resolve));
  });
  expect(await capturedLines(page)).toEqual([]);
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.blindSpots.join()).toContain('1 of this page');
  expect(lines.filter((line) => /SecurityError|Blocked/.test(line))).toEqual([]);
  expect(pageErrors).toEqual([]);
});

test('a logger that binds the console is captured in a frame found at once, and is a blind spot in a frame found late', async ({
  page,
}) => {
  const logTen = async () => {
    await expect
      .poll(() => page.evaluate(() => typeof document.querySelector('iframe')?.contentWindow?.window.logBothWays))
      .toBe('function');
    await page.evaluate(() => {
      for (let i = 0; i < 10; i++) document.querySelector('iframe')?.contentWindow?.window.logBothWays(i);
    });
    return page.evaluate(() => {
      const kept = window.lib
        .getCryptoDiagEntries()
        .map(({ detail }) => ('participant' in detail ? detail.participant : ''));
      const { blindSpots } = JSON.parse(window.lib.buildCryptoDiagReport(undefined));
      return {
        bound: kept.filter((participant) => participant === '@bound:hs:DEV').length,
        called: kept.filter((participant) => participant === '@called:hs:DEV').length,
        blindSpots: blindSpots.filter((spot: string) => /had run scripts/.test(spot)),
      };
    });
  };
  await open(page, '/frames.html');
  await page.evaluate(() => void window.openFrame('/logger.html'));
  expect(await logTen()).toEqual({ bound: 10, called: 10, blindSpots: [] });

  await open(page, '/bare.html');
  await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = '/logger.html';
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve));
    window.lib.watchFrame(frame);
  });
  const spot =
    'Pages in frames that had run scripts before they were found: 1. A logger that had bound the console by then is not seen there.';
  expect(await logTen()).toEqual({ bound: 0, called: 10, blindSpots: [spot] });
});

/** Counts until the result is stable: a garbage collection right after a removal may still find the frames. */
async function countSettled(page: Page): Promise<Alive> {
  let alive = await countAlive(page);
  const look = async () => {
    const before = alive;
    alive = await countAlive(page);
    return { frames: alive.frames, isSettled: isDeepStrictEqual(alive, before) };
  };
  await expect.poll(look, { timeout: 30_000 }).toEqual({ frames: 0, isSettled: true });
  return alive;
}

test('ten call frames in a row leak no memory', async ({ page }) => {
  await open(page, '/frames.html');
  // Wait until everything that starts late is listening, too.
  await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().storage)).not.toBeNull();
  const call = (name: string) =>
    page.evaluate(async (src) => {
      const frame = window.openFrame(src);
      await new Promise((resolve) => frame.addEventListener('load', resolve));
      await new Promise((resolve) => setTimeout(resolve, 50));
      frame.remove();
    }, CALL + name);
  await call('warm-up');
  // The evidence is stored a second later, in a database that stays open and has a listener.
  const databases = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  await expect.poll(databases).toContain('lotus-crypto-diag');
  const before = await countSettled(page);
  // Checks that the counts do include an open frame.
  await page.evaluate((src) => {
    const frame = window.openFrame(src);
    return new Promise((resolve) => frame.addEventListener('load', resolve));
  }, `${CALL}open`);
  const during = await countAlive(page);
  for (const what of ['documents', 'windows', 'frames', 'consoleMethods', 'jsEventListeners'] as const)
    expect(during[what], what).toBeGreaterThan(before[what]);
  await page.evaluate(() => document.querySelector('iframe')?.remove());
  for (let i = 0; i < 10; i++) await call(`call-${i}`);
  await expect.poll(() => countAlive(page), { timeout: 30_000 }).toEqual(before);
  expect(await capturedLines(page)).toHaveLength(24);
});

for (const [what, code] of [
  ['replaces its console', 'Object.defineProperty(window, "console", { value: { warn() {}, error() {} } })'],
  ['has a console that throws', 'Object.defineProperty(window, "console", { get() { throw new Error("no") } })'],
  ['freezes its console', 'Object.freeze(console)'],
  [
    'has methods that throw when they are read, and when they are written',
    'for (const level of ["warn", "error"]) Object.defineProperty(console, level, { get() { throw new Error("no") }, set() { throw new Error("no") } })',
  ],
  [
    'has a console that is a proxy',
    'Object.defineProperty(window, "console", { value: new Proxy(console, { get() { throw 1 }, defineProperty() { throw 2 }, getOwnPropertyDescriptor() { throw 3 } }) })',
  ],
  [
    'lets nobody listen',
    'window.addEventListener = EventTarget.prototype.addEventListener = () => { throw new Error("no") }',
  ],
  [
    'has no document to read',
    'Object.defineProperty(Document.prototype, "scripts", { get() { throw new Error("no") } })',
  ],
  [
    'logs on an exhausted stack',
    '(function again() { try { again() } catch { console.error("x already exists") } })()',
  ],
  [
    'spoils what the page reads it by',
    'const of = [parent.HTMLIFrameElement.prototype, "contentDocument"]; parent.own ??= Object.getOwnPropertyDescriptor(...of); Object.defineProperty(...of, { get() { throw new Error("no") }, configurable: true }); parent.setTimeout(Object.defineProperty, 300, ...of, parent.own)',
  ],
  ['navigates away at once', 'location.replace("/in-frame.html?name=next")'],
  ['removes itself', 'frameElement.remove()'],
  [
    'logs values that throw',
    'console.error("x already exists", { get a() { throw new Error("no") } }, new Proxy({}, { get() { throw 1 } }))',
  ],
]) {
  test(`a frame that ${what} causes no error in the app`, async ({ page }) => {
    const pageErrors = await open(page, '/frames.html');
    await page.route('**/hostile.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><script>parent.ran = (parent.ran ?? 0) + 1; ${code}</script>`,
      }),
    );
    await page.evaluate(() => {
      for (let i = 0; i < 5; i++) window.openFrame('/hostile.html');
      window.openFrame('/hostile.html').remove();
    });
    // All five scripts have run, and the one that replaces a property of the page has restored it.
    await expect.poll(() => page.evaluate('window.ran')).toBe(5);
    const isOwn = () =>
      page.evaluate(() => {
        const reader = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentDocument');
        return /native code/.test(String(reader?.get));
      });
    await expect.poll(isOwn).toBe(true);
    await page.evaluate((src) => void window.openFrame(src), `${CALL}good`);
    await expect.poll(() => capturedLines(page)).toEqual(expect.arrayContaining(both('good')));
    expect(await page.evaluate(() => window.lib.getCryptoDiagStatus().state)).toBe('running');
    expect(pageErrors).toEqual([]);
  });
}
