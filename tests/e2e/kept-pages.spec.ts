// The evidence of a page outlives a reload, a closed browser and the eviction of IndexedDB. Also tests its removal.
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from './report';

const PAGE = 'http://127.0.0.1:4199/auto.html';
const OURS = 'lotus-crypto-diag';

async function open(context: BrowserContext, device = 'D'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(PAGE);
  await initPage(page, device);
  return page;
}

async function initPage(page: Page, deviceId = 'D'): Promise<void> {
  await page.waitForFunction(() => 'lib' in window);
  await page.evaluate((device) => window.lib.checkCryptoStore({ userId: '@a:hs', deviceId: device }), deviceId);
}

async function reload(page: Page): Promise<void> {
  await page.reload();
  await initPage(page);
}

const log = (page: Page, ...lines: string[]) =>
  page.evaluate((texts) => {
    for (const text of texts) console.error(text);
  }, lines);

const report = async (page: Page, deviceId = 'D'): Promise<CryptoDiagReport> =>
  readReport(
    await page.evaluate(
      (device) => window.lib.collectCryptoDiagReport({ getUserId: () => '@a:hs', getDeviceId: () => device }),
      deviceId,
    ),
  );

/** The lines of each earlier page. */
const earlierLines = ({ earlier }: CryptoDiagReport) =>
  earlier.map(({ entries }) => entries.map(({ message }) => message).filter((line) => !line.includes('first line')));

/** What the library has stored in the browser, without its markers. */
const storedKeys = (page: Page) =>
  page.evaluate(async (name) => {
    const keys = [...Object.keys(localStorage), ...Object.keys(sessionStorage)];
    const databases = (await indexedDB.databases()).map((database) => database.name ?? '');
    return [...keys, ...databases].filter((key) => key.startsWith(name) && !key.startsWith(`${name}/device/`));
  }, OURS);

const waitUntilStored = async (page: Page, line: string) => {
  const find = (text: string) => Object.values(localStorage).some((value) => value.includes(text));
  await expect.poll(() => page.evaluate(find, line)).toBe(true);
};

const LINE = '(id=$one): DecryptionError[msg: no key]';

test('built and collected reports contain each page before a reload and how it ended', async ({ context }) => {
  const page = await open(context);
  await log(page, LINE);
  await reload(page);
  await log(page, LINE.replace('one', 'two'));
  await waitUntilStored(page, '$two');
  await reload(page);
  const now = await report(page);
  expect(earlierLines(now)).toEqual([[LINE], [LINE.replace('one', 'two')]]);
  expect(now.earlier.map(({ end }) => end)).toEqual(['reloaded', 'reloaded']);
  const times = now.earlier.flatMap(({ beganAt, lastSeenAt }) => [beganAt, lastSeenAt]);
  expect(times.toSorted()).toEqual(times);
  const sync = await page.evaluate(() =>
    window.lib.buildCryptoDiagReport({ getUserId: () => '@a:hs', getDeviceId: () => 'D' }),
  );
  expect(earlierLines(readReport(sync))).toEqual(earlierLines(now));
  await expect
    .poll(() => page.evaluate(() => window.lib.getSnapshot().earlier))
    .toEqual({
      since: times[0],
      pages: 2,
    });
});

test('a leader that navigates away ends as closed, and one that hands over as replaced', async ({ context }) => {
  const lead = (page: Page) =>
    page.evaluate(() => void Object.assign(window, { leadership: window.lib.requestTabLeadership() }));
  const role = (page: Page) => page.evaluate(() => window.lib.getSnapshot().tabs.role);
  // The tabs' listeners are called before those that store the evidence.
  const logAndWait = (page: Page) => log(page, LINE).then(() => waitUntilStored(page, '$one'));
  const ends = async (page: Page) => (await report(page)).earlier.map(({ end }) => end);
  const first = await open(context);
  await lead(first);
  await expect.poll(() => role(first)).toBe('leader');
  await logAndWait(first);
  await first.goto(PAGE);
  await initPage(first);
  expect(await ends(first)).toEqual(['closed']);

  await lead(first);
  await expect.poll(() => role(first)).toBe('leader');
  await logAndWait(first);
  const second = await open(context);
  await lead(second);
  await second.evaluate(() => window.leadership.takeOver());
  await expect.poll(() => role(second)).toBe('leader');
  await first.close();
  expect(await ends(second)).toEqual(['closed', 'replaced']);
});

test('evidence survives a closed browser and an evicted IndexedDB', async ({ baseURL }, testInfo) => {
  const profile = testInfo.outputPath('profile');
  const { launchOptions } = testInfo.project.use;
  const launch = () => chromium.launchPersistentContext(profile, { ...launchOptions });
  let context = await launch();
  let page = await open(context);
  await log(page, LINE);
  await waitUntilStored(page, '$one');
  await context.close();
  context = await launch();
  try {
    page = await open(context);
    await log(page, LINE.replace('one', 'two'));
    await waitUntilStored(page, '$two');
    const session = await context.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: baseURL ?? '', storageTypes: 'indexeddb' });
    await log(page, LINE.replace('one', 'three'));
    await reload(page);
    const after = await report(page);
    expect(earlierLines(after)).toEqual([[LINE], [LINE.replace('one', 'two'), LINE.replace('one', 'three')]]);
    expect(after.earlier[1]?.end).toBe('reloaded');
  } finally {
    await context.close();
  }
});

test('no evidence is lost if several tabs write at once', async ({ context }) => {
  const pages: Page[] = [];
  for (let tab = 0; tab < 12; tab++) pages.push(await open(context));
  const texts = pages.map((_, tab) =>
    Array.from({ length: 5 }, (_, line) => `(id=$${tab}-${line}): DecryptionError[msg: x]`),
  );
  await Promise.all(pages.map((page, tab) => log(page, ...(texts[tab] ?? []))));
  for (const [tab, page] of pages.entries()) await waitUntilStored(page, `$${tab}-4`);
  const ends = async () => (await report(pages[0] as Page)).earlier.map(({ end }) => end);
  // A tab answers only once it has started.
  await expect.poll(ends, { timeout: 20_000 }).toEqual(Array(11).fill('open'));
  expect(
    earlierLines(await report(pages[0] as Page))
      .flat()
      .toSorted(),
  ).toEqual(texts.slice(1).flat().toSorted());
});

test('a page without new evidence frees its localStorage within a minute if the app needs the space', async ({
  context,
}) => {
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(PAGE);
  await initPage(page);
  await log(page, LINE);
  await page.clock.fastForward(2000);
  await waitUntilStored(page, '$one');
  await page.evaluate(() => localStorage.setItem('app', 'x'.repeat(4_000_000)));
  await page.clock.fastForward(62_000);
  const records = () => storedKeys(page).then((keys) => keys.filter((key) => key.includes('/page/')));
  await expect.poll(records).toEqual([]);
  expect(await page.evaluate(() => localStorage.getItem('app')?.length)).toBe(4_000_000);
});

test.describe('stored evidence', () => {
  /** A page that was reloaded, and one that is open in another tab. */
  async function fill(context: BrowserContext): Promise<[page: Page, other: Page]> {
    const other = await open(context);
    await log(other, LINE);
    await waitUntilStored(other, '$one');
    const page = await open(context);
    await log(page, LINE.replace('one', 'two'));
    await waitUntilStored(page, '$two');
    await reload(page);
    await log(page, LINE.replace('one', 'three'));
    await waitUntilStored(page, '$three');
    return [page, other];
  }

  /** Both tabs have something to store. */
  async function expectNothing(page: Page, other: Page): Promise<void> {
    for (const tab of [page, other]) await log(tab, LINE.replace('one', 'after'));
    // Longer than the library delays storing.
    await page.waitForTimeout(2500);
    await expect.poll(() => storedKeys(page)).toEqual([]);
    for (const tab of [page, other]) await tab.reload();
    await page.waitForFunction(() => 'lib' in window);
  }

  test('is removed after a logout', async ({ context }) => {
    await context.route('**/_matrix/client/v3/logout', (route) => route.fulfill({ json: {} }));
    const [page, other] = await fill(context);
    const answer = await page.evaluate(async () => {
      const response = await fetch('/_matrix/client/v3/logout', { method: 'POST' });
      return response.status;
    });
    expect(answer).toBe(200);
    await expectNothing(page, other);
    await initPage(page);
    expect(earlierLines(await report(page)).flat()).toEqual([]);
  });

  test('is kept after a refused logout', async ({ context }) => {
    await context.route('**/_matrix/client/v3/logout', (route) => route.fulfill({ status: 500, json: {} }));
    const [page] = await fill(context);
    await page.evaluate(() => fetch('/_matrix/client/v3/logout', { method: 'POST' }));
    expect(earlierLines(await report(page))).toEqual([[LINE], [LINE.replace('one', 'two')]]);
  });

  test('is not restored after the app cleared its storage and reloaded', async ({ context }) => {
    const [page, other] = await fill(context);
    await page.evaluate(() => {
      localStorage.clear();
      location.reload();
    });
    await page.waitForFunction(() => 'lib' in window);
    await initPage(page);
    await expect.poll(() => other.evaluate(() => localStorage.length)).toBeLessThan(2);
    await log(other, LINE);
    await other.waitForTimeout(2500);
    expect(earlierLines(await report(page)).flat()).toEqual([]);
  });

  test('is removed after a logout in another tab, and the view of this tab is updated', async ({ context }) => {
    const [page, other] = await fill(context);
    const logOut = await page.evaluateHandle(async () => {
      const handlers: Record<string, () => void> = {};
      const keys = { ed25519: 'ed', curve25519: 'curve' };
      await window.lib.checkCryptoStore({
        getUserId: () => '@a:hs',
        getDeviceId: () => 'D',
        getCrypto: () => ({ getOwnDeviceKeys: async () => keys }),
        on: (event: string, handler: () => void) => {
          handlers[event] = handler;
        },
      } as Parameters<typeof window.lib.checkCryptoStore>[0]);
      return () => handlers['Session.logged_out']?.();
    });
    const hasMarker = () => Object.keys(localStorage).some((key) => key.startsWith('lotus-crypto-diag/device/'));
    await expect.poll(() => other.evaluate(hasMarker)).toBe(true);
    const view = await other.evaluateHandle(() => {
      const view = { updates: 0 };
      window.lib.subscribe(() => {
        view.updates += 1;
      });
      return view;
    });
    const store = () => other.evaluate(() => window.lib.getSnapshot().cryptoStore?.deviceId);
    expect(await store()).toBe('D');
    await page.evaluate((call) => call(), logOut);
    await expect.poll(() => other.evaluate(hasMarker)).toBe(false);
    await expect.poll(store).toBeUndefined();
    expect(await other.evaluate(({ updates }) => updates, view)).toBeGreaterThan(0);
    await expectNothing(page, other);
  });

  test('is removed by forgetEarlierEvidence, except that of the current page', async ({ context }) => {
    const [page] = await fill(context);
    await page.evaluate(() => window.lib.forgetEarlierEvidence());
    expect(earlierLines(await report(page))).toEqual([]);
    await expect.poll(() => page.evaluate(() => window.lib.getSnapshot().earlier)).toBeNull();
    await waitUntilStored(page, '$three');
    await reload(page);
    expect(earlierLines(await report(page))).toEqual([[LINE.replace('one', 'three')]]);
  });

  test('is removed by keepEvidence(false)', async ({ context }) => {
    const [page, other] = await fill(context);
    for (const tab of [page, other]) await tab.evaluate(() => window.lib.keepEvidence(false));
    await log(page, LINE);
    expect((await report(page)).notes).toContain(
      'evidence of earlier page loads is not kept: the app has switched that off',
    );
    await expect.poll(() => storedKeys(page)).toEqual([]);
    // As an app calls it in its entry module.
    await page.addInitScript(() => {
      const wait = setInterval(() => {
        if (!('lib' in window)) return;
        clearInterval(wait);
        window.lib.keepEvidence(false);
      }, 1);
    });
    await reload(page);
    await log(page, LINE);
    await page.waitForTimeout(2500);
    expect(await storedKeys(page)).toEqual([]);
  });

  test('is removed after seven days', async ({ context }) => {
    const [page] = await fill(context);
    await page.addInitScript(() => {
      const { now } = Date;
      Date.now = () => now() + 8 * 86_400_000;
    });
    await reload(page);
    await log(page, LINE.replace('one', 'much later'));
    await waitUntilStored(page, 'much later');
    expect(earlierLines(await report(page))).toEqual([]);
    expect(await storedKeys(page).then((keys) => keys.filter((key) => key.includes('/page/')))).toHaveLength(1);
  });
});

const WAYS: [what: string, script: string, note: RegExp][] = [
  [
    'full',
    `const { setItem } = Storage.prototype;
     Storage.prototype.setItem = function (key, text) {
       if (this === localStorage && key.includes('lotus')) throw new DOMException('no room', 'QuotaExceededError');
       setItem.call(this, key, text);
     }`,
    /not kept: QuotaExceededError: no room/,
  ],
  [
    'blocked',
    "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })",
    /cannot be read: no/,
  ],
  ['missing', "Object.defineProperty(window, 'localStorage', { value: undefined })", /there is no localStorage/],
  ['of another kind', "Object.defineProperty(window, 'localStorage', { value: 7 })", /not kept/],
  ['without IndexedDB', "Object.defineProperty(window, 'indexedDB', { value: undefined })", /^/],
  ['with an IndexedDB that never answers', 'IDBFactory.prototype.open = () => new EventTarget()', /^/],
  ['without timers for idle pages', 'window.requestIdleCallback = undefined', /^/],
  [
    'and something that comes back from inside of it',
    `const { setItem } = Storage.prototype;
     Storage.prototype.setItem = function (key, text) {
       if (window.lib) {
         window.lib.forgetEarlierEvidence();
         console.error('(id=$inside): DecryptionError[msg: no key]');
       }
       setItem.call(this, key, text);
     }`,
    /^/,
  ],
];

for (const [what, script, note] of WAYS) {
  test(`with a storage that is ${what}, no error reaches the page and its evidence is in the report`, async ({
    context,
  }) => {
    await context.addInitScript(script);
    const page = await context.newPage();
    const pageErrors: string[] = [];
    page.on('pageerror', ({ message }) => pageErrors.push(message));
    await page.goto(PAGE);
    await initPage(page);
    await log(page, LINE);
    await page.waitForTimeout(2000);
    await log(page, LINE);
    const now = await report(page);
    expect(now.entries.map(({ message }) => message)).toContain(LINE);
    expect(now.notes.join('\n')).toMatch(note);
    expect(now.status.state).toBe('running');
    expect(pageErrors).toEqual([]);
  });
}
