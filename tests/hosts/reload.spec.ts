// A reload with another tab in the background, in a browser without a test driver: there, a background tab is really
// hidden.
import { UndrivenBrowser } from '../e2e/undriven-browser';
import type { Account } from '../homeserver/client';
import { expect, test } from '../homeserver/lab';

let browser: UndrivenBrowser;

// biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured parameter.
test.beforeEach(async ({}, testInfo) => {
  browser = await UndrivenBrowser.launch(testInfo.outputPath('profile'));
});

test.afterEach(() => browser.close());

/** What a tab shows, its visibility, and what its page has done since it was loaded. */
const stateOf = (tab: string) =>
  browser.evaluate<{ shows: string; visibility: string; clients: number; requests: string[] }>(
    tab,
    `({
      shows: ['client', 'tab-gate'].find((id) => document.querySelector('[data-testid="' + id + '"]')) ??
        (document.querySelector('form[aria-label=Login]') ? 'login' : document.body?.innerText),
      visibility: document.visibilityState,
      clients: performance.getEntriesByName('client started').length,
      requests: performance
        .getEntriesByType('resource')
        .map(({ name }) => new URL(name).pathname)
        .filter((path) => /[/](sync|keys[/]upload)$/.test(path)),
    })`,
  );
/** `undefined` if the page goes away meanwhile. */
const shows = async (tab: string) => (await stateOf(tab).catch(() => undefined))?.shows;

const click = (tab: string, name: string) =>
  browser.evaluate(
    tab,
    `[...document.querySelectorAll('button')].find((button) => button.textContent === ${JSON.stringify(name)}).click()`,
  );

async function open(address: string, expected: string): Promise<string> {
  const tab = await browser.open(address);
  await expect.poll(() => shows(tab), { timeout: 30_000 }).toBe(expected);
  return tab;
}

async function logIn(address: string, homeserver: string, { userId, password }: Account): Promise<string> {
  const tab = await open(address, 'login');
  const fields = JSON.stringify({ homeserver, username: userId, password });
  const submit = `for (const [name, value] of Object.entries(${fields})) document.forms[0].elements[name].value = value;
    document.forms[0].requestSubmit();`;
  await browser.evaluate(tab, submit);
  await expect.poll(() => shows(tab), { timeout: 30_000 }).toBe('client');
  return tab;
}

test('a reloaded tab leads again, and the background tab has not started a client', async ({ baseURL, lab }) => {
  const address = baseURL ?? '';
  const first = await logIn(address, lab.baseUrl, await lab.register('reload'));
  const second = await open(address, 'tab-gate');
  await browser.activate(first);
  await expect.poll(async () => (await stateOf(second)).visibility).toBe('hidden');
  await expect.poll(async () => (await stateOf(first)).visibility).toBe('visible');

  for (let reload = 1; reload <= 3; reload++) {
    // Wait for the new page: otherwise the old page's state would be read.
    await browser.evaluate(first, 'window.before = true; setTimeout(() => location.reload()); undefined');
    await expect.poll(() => browser.evaluate(first, 'window.before').catch(() => true)).toBeUndefined();
    await expect.poll(() => shows(first), { timeout: 30_000 }).toBe('client');
    expect(await stateOf(second), `reload ${reload}`).toEqual({
      shows: 'tab-gate',
      visibility: 'hidden',
      clients: 0,
      requests: [],
    });
  }
});

test('a returning tab does not take over from a background tab in a call', async ({ baseURL, lab }) => {
  const address = baseURL ?? '';
  const first = await logIn(address, lab.baseUrl, await lab.register('callback'));
  const second = await open(address, 'tab-gate');
  await browser.activate(first);
  // The user leaves the app for a while, and uses the other tab for a call.
  await browser.evaluate(first, `location.href = '${address}/public/element-call/config.json'`);
  await expect.poll(() => shows(second), { timeout: 30_000 }).toBe('client');
  await browser.activate(second);
  await click(second, 'Start call');
  await expect.poll(() => browser.evaluate(second, 'document.querySelectorAll("iframe").length')).toBe(1);

  await browser.activate(first);
  await expect.poll(async () => (await stateOf(second)).visibility).toBe('hidden');
  await browser.evaluate(first, `location.href = '${address}'`);
  await expect.poll(() => shows(first), { timeout: 30_000 }).toBe('tab-gate');
  // Still so after the tabs have exchanged all their messages.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(await shows(first)).toBe('tab-gate');
  expect(await shows(second)).toBe('client');
  expect(await browser.evaluate(second, 'document.querySelectorAll("iframe").length')).toBe(1);
});
