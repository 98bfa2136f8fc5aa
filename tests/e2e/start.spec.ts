// `import 'lotus-crypto-diag/auto'` in pages that lack or have broken what it needs: the host's entry module continues,
// all other parts start, and the report names the part that did not.
import { type Browser, expect, type Page, test } from '@playwright/test';

import { readReport } from './report';

type Part = 'console' | 'uploads' | 'frames' | 'new frames' | 'latency' | 'storage' | 'tabs';
const ENGINE: Part[] = ['console', 'uploads', 'frames', 'new frames'];

type Break = 'is missing' | 'throws' | 'throws at get';
interface Row {
  /** The parts that cannot start. */
  without?: Part[];
  /** What the report must say; unset if nothing is lost. */
  says?: RegExp;
}

/** By what is broken (a path from the global object), and how. */
const ROWS: Record<string, Partial<Record<Break, Row>>> = {
  AbortController: { 'is missing': {}, throws: {}, 'throws at get': {} },
  MutationObserver: {
    'is missing': { without: ['new frames'], says: /the watch on frames that appear or go \(ReferenceError/ },
    throws: { without: ['new frames'], says: /the watch on frames that appear or go \(MutationObserver is broken\)/ },
    'throws at get': { without: ['new frames'], says: /the watch on frames that appear or go/ },
  },
  'MutationObserver.prototype.observe': {
    throws: { without: ['new frames'], says: /the watch on frames that appear or go \(observe is broken\)/ },
  },
  'document.getElementsByTagName': {
    throws: { without: ['frames', 'new frames'], says: /the watch on the frames that are there/ },
  },
  addEventListener: {
    'is missing': { says: /the wait for the page's load event/ },
    throws: { says: /the wait for the page's load event \(addEventListener is broken\)/ },
    'throws at get': { says: /the wait for the page's load event/ },
  },
  'EventTarget.prototype.addEventListener': {
    throws: { says: /the watch on the end of the page \(addEventListener is broken\)/ },
  },
  setTimeout: {
    'is missing': { says: /the wait for the app/ },
    throws: { says: /the timer of the listeners \(setTimeout is broken\); the wait for the app/ },
  },
  clearTimeout: { throws: {} },
  queueMicrotask: { 'is missing': {}, throws: {} },
  requestIdleCallback: {
    'is missing': {},
    throws: { says: /the wait for an idle page \(requestIdleCallback is broken\)/ },
  },
  'document.readyState': { 'throws at get': { says: /the wait for the page's load event/ } },
  'document.visibilityState': { 'is missing': {}, 'throws at get': {} },
  PerformanceObserver: {
    'is missing': { without: ['latency'], says: /the timings of requests \(ReferenceError/ },
    throws: { without: ['latency'], says: /the timings of requests/ },
    'throws at get': { without: ['latency'], says: /the timings of requests/ },
  },
  'performance.now': { throws: {} },
  performance: { 'is missing': {} },
  BroadcastChannel: {
    'is missing': { without: ['tabs'], says: /other tabs cannot be asked: ReferenceError/ },
    throws: { without: ['tabs'], says: /other tabs cannot be asked: BroadcastChannel is broken/ },
  },
  navigator: { 'throws at get': { says: /navigator is broken/ } },
  'navigator.storage': { 'is missing': {} },
  'navigator.userAgent': { 'is missing': {}, 'throws at get': {} },
  indexedDB: { 'is missing': {}, 'throws at get': {} },
  localStorage: { 'is missing': {}, 'throws at get': {} },
  sessionStorage: { 'throws at get': {} },
  'crypto.subtle': { 'is missing': {}, 'throws at get': {} },
  crypto: { 'throws at get': {} },
  fetch: {
    'is missing': { without: ['uploads'], says: /the watch on key uploads \(fetch cannot be wrapped\)/ },
    'throws at get': { without: ['uploads'], says: /the watch on key uploads/ },
  },
  Headers: { 'is missing': {}, 'throws at get': { without: ['uploads'], says: /the watch on key uploads/ } },
  Response: { 'is missing': {} },
  URL: { 'throws at get': { without: ['uploads'], says: /the watch on key uploads/ } },
  WebAssembly: {
    'throws at get': {
      without: [...ENGINE, 'latency', 'tabs'],
      says: /cannot run the diagnostics: WebAssembly is broken/,
    },
  },
  'WebAssembly.Module': {
    throws: { without: [...ENGINE, 'latency', 'tabs'], says: /cannot run the diagnostics: Module is broken/ },
  },
  TextDecoder: {
    'is missing': { without: [...ENGINE, 'latency', 'tabs'], says: /TextDecoder/ },
    throws: { without: [...ENGINE, 'latency', 'tabs'], says: /TextDecoder is broken/ },
  },
  FinalizationRegistry: { 'is missing': {}, throws: {} },
  'Math.random': { throws: {} },
  'Date.now': { throws: {} },
  'Date.prototype.toISOString': { throws: {} },
  'Symbol.for': { throws: { says: /sharing with another copy/ } },
};

type Fields = { [name: string]: unknown };

function breakIt({ path, how }: { path: string; how: Break }) {
  const names = path.split('.');
  const name = names.pop() as string;
  const owner = names.reduce((object, field) => object[field] as Fields, globalThis as unknown as Fields);
  const refuse = () => {
    throw new Error(`${name} is broken`);
  };
  if (how === 'is missing') {
    delete owner[name];
    // Inherited properties are still there after `delete`.
    if (name in owner) Object.defineProperty(owner, name, { value: undefined, configurable: true });
  } else if (how === 'throws at get') Object.defineProperty(owner, name, { get: refuse, configurable: true });
  else {
    // Callable and constructible, like the original.
    function broken() {
      refuse();
    }
    Object.defineProperty(broken, 'prototype', { value: Object(owner[name]).prototype });
    Object.defineProperty(owner, name, { value: broken, configurable: true, writable: true });
  }
}

/** Opens the page; returns its uncaught errors. */
async function start(page: Page): Promise<string[]> {
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto('/auto.html');
  // Set by the statement after the import.
  await expect.poll(() => page.evaluate(() => 'lib' in window), `${pageErrors}`).toBe(true);
  return pageErrors;
}

/** The parts that work. */
async function started(page: Page): Promise<Part[]> {
  const snapshot = () =>
    page.evaluate(() => {
      const { storage, tabs } = window.lib.getSnapshot();
      return { storage: storage !== null, tabs: tabs.count !== null };
    });
  // The late parts start three seconds after the page has loaded.
  await expect.poll(async () => (await snapshot()).storage).toBe(true);
  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.id = 'new';
    document.body.append(frame);
  });
  const has = await page.evaluate(() => {
    const frameOf = (id: string) =>
      (document.querySelector(`#${id}`) as HTMLIFrameElement).contentWindow as unknown as typeof globalThis;
    frameOf('old').console.warn('in the old frame: x already exists');
    frameOf('new').console.warn('in the new frame: x already exists');
    const report = JSON.parse(window.lib.buildCryptoDiagReport());
    const isCaptured = (words: string) =>
      report.entries.some(({ message }: { message: string }) => message.includes(words));
    return {
      console: isCaptured('first line of the entry'),
      uploads: report.uploadLoop.watched,
      frames: isCaptured('in the old frame'),
      'new frames': isCaptured('in the new frame'),
      latency: report.latency !== null,
    };
  });
  const all = { ...has, ...(await snapshot()) };
  return (Object.keys(all) as Part[]).filter((part) => all[part]);
}

/** Adds a frame that exists before the entry module runs. */
const addFrame = (page: Page) =>
  page.route('**/auto.html', async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace('<body>', '<body><iframe id="old"></iframe>');
    await route.fulfill({ response, body: html });
  });

const PARTS: Part[] = [...ENGINE, 'latency', 'storage', 'tabs'];

async function expectStarted(page: Page, { without = [], says }: Row) {
  const pageErrors = await start(page);
  expect((await started(page)).sort()).toEqual(PARTS.filter((part) => !without.includes(part)).sort());
  const report = readReport(await page.evaluate(() => window.lib.collectCryptoDiagReport()));
  const { status, storage, tabs } = report;
  const reasons = [status.reason, storage?.error, tabs?.error].filter(Boolean).join('\n');
  if (says) expect(reasons).toMatch(says);
  else expect(status).toMatchObject({ state: 'running', reason: null });
  expect(pageErrors).toEqual([]);
}

test.beforeEach(({ page }) => addFrame(page));

test('in a page where nothing is broken, all parts start', ({ page }) => expectStarted(page, {}));

async function expectStartedThough(browser: Browser, path: string, how: Break, row: Row) {
  await test.step(how, async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await addFrame(page);
    await page.addInitScript(breakIt, { path, how });
    await expectStarted(page, row);
    await context.close();
  });
}

for (const [path, ways] of Object.entries(ROWS)) {
  const hows = Object.keys(ways) as Break[];
  // At once, each in a browser context of its own: a page takes three seconds to start, most of them idle.
  test(`if ${path} ${hows.join(' or ')}, the entry module continues and the other parts start`, async ({ browser }) => {
    await Promise.all(hows.map((how) => expectStartedThough(browser, path, how, ways[how] ?? {})));
  });
}

/** What other scripts of the page may have done, as code. */
const PAGES: Record<string, Row & { code: string }> = {
  'an older core, which lacks a method': {
    code: `globalThis[Symbol.for('lotus-crypto-diag/core/5')] = { install: () => () => {}, status: () => ({}) }`,
    says: /sharing with another copy of the package \(that one lacks start: this page has two versions/,
  },
  'a core of which a part throws': {
    code: `globalThis[Symbol.for('lotus-crypto-diag/core/5')] = { get start() { throw new Error('no part for you'); } }`,
    says: /sharing with another copy of the package \(no part for you\)/,
  },
  'something else in the place of the core': {
    code: `globalThis[Symbol.for('lotus-crypto-diag/core/5')] = 42`,
    says: /sharing with another copy of the package \(that one lacks start/,
  },
  'a global that takes no property': {
    code: `const { defineProperty } = Object;
      Object.defineProperty = (target, ...rest) => {
        if (target === globalThis) throw new TypeError('object is not extensible');
        return defineProperty(target, ...rest);
      }`,
    says: /sharing with another copy of the package \(TypeError: object is not extensible\)/,
  },
  'an engine without reference types': {
    code: `const { CompileError, Module } = WebAssembly;
      WebAssembly.Module = function Old(bytes) {
        if (bytes.length > 8) throw new CompileError('invalid table type');
        return new Module(bytes);
      };`,
    without: [...ENGINE, 'latency', 'tabs'],
    says: /cannot run the diagnostics: CompileError: invalid table type/,
  },
  'a frozen console': {
    // Frames have a console of their own.
    code: 'if (top === self) Object.freeze(console)',
    without: ['console'],
    says: /the console of this page cannot be wrapped/,
  },
  'a fetch that cannot be replaced': {
    code: `Object.defineProperty(globalThis, 'fetch', { value: fetch, writable: false, configurable: false })`,
    without: ['uploads'],
    says: /the watch on key uploads \(fetch cannot be wrapped\)/,
  },
  'an Object.prototype with the names of options': {
    code: `for (const name of ['signal', 'once', 'timeout', 'buffered', 'cause']) {
      Object.defineProperty(Object.prototype, name, { __proto__: null, value() {}, configurable: true, writable: true });
    }`,
    says: /the wait for the page's load event \(TypeError/,
  },
  'an Object.prototype with the fields of a report': {
    code: `for (const name of ['count', 'detail', 'entries', 'since', 'verdict', 'watched', 'lost', 'message']) {
      Object.defineProperty(Object.prototype, name, { __proto__: null, value() {}, configurable: true, writable: false });
    }`,
  },
  'an Object.prototype with setters that take the fields of a report': {
    code: `for (const name of ['count', 'detail', 'entries', 'since', 'watched', 'ts', 'level']) {
      Object.defineProperty(Object.prototype, name, { __proto__: null, get() {}, set() {}, configurable: true });
    }`,
  },
  'frozen builtins': {
    code: '[Object, Array, Function, Error, Promise, Map, Set, RegExp].forEach((f) => [f, f.prototype].forEach(Object.freeze))',
  },
};

for (const [name, { code, ...row }] of Object.entries(PAGES)) {
  test(`with ${name}, the entry module continues and the other parts start`, async ({ page }) => {
    await page.addInitScript(code);
    await expectStarted(page, row);
  });
}

test('if the page breaks Date later, a report is still written with the correct times', async ({ page }) => {
  await start(page);
  const before = Date.now();
  const report = await page.evaluate(() => {
    Date.prototype.toISOString = () => {
      throw new Error('no time');
    };
    globalThis.Date = { now: () => Number.NaN } as never;
    window.lib.startCaptureSession();
    window.lib.markFault('sound-cut');
    return window.lib.buildCryptoDiagReport();
  });
  const { generatedAt, captureSession } = readReport(report);
  for (const time of [generatedAt, captureSession?.startedAt, captureSession?.marks[0]?.ts]) {
    expect(Math.abs(Date.parse(String(time)) - before)).toBeLessThan(60_000);
  }
});
