// What a page saw outlives its end, whichever it is, in a browser that nothing drives.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from './report';
import { WildBrowser } from './wild-browser';

const PAGE = 'http://127.0.0.1:4199/auto.html';
const CLIENT = `({
  getUserId: () => '@a:hs',
  getDeviceId: () => 'D',
  getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'ed', curve25519: 'curve' }) }),
})`;
/** Ten lines a second, each of its own; the page knows how many. */
const STORM = `void setInterval(() => {
  window.lines = (window.lines ?? 0) + 1;
  console.error('(id=$' + window.lines + '): DecryptionError[msg: no key]');
}, 100)`;

let browser: WildBrowser;
let profile: string;

// biome-ignore lint/correctness/noEmptyPattern: what Playwright asks for.
test.beforeEach(async ({}, testInfo) => {
  profile = testInfo.outputPath('profile');
  browser = await WildBrowser.launch(profile);
});

test.afterEach(() => browser.close());

async function openPage(query = ''): Promise<string> {
  const tab = await browser.open(PAGE + query);
  await meet(tab);
  return tab;
}

async function meet(tab: string): Promise<void> {
  await expect.poll(() => browser.evaluate(tab, '"lib" in window').catch(() => false)).toBe(true);
  await browser.evaluate(tab, `window.lib.checkCryptoStore(${CLIENT})`);
}

const linesOf = (tab: string) => browser.evaluate<number>(tab, 'window.lines');

async function report(tab: string): Promise<CryptoDiagReport> {
  return readReport(await browser.evaluate(tab, `window.lib.collectCryptoDiagReport(${CLIENT})`));
}

/** The numbers of the lines of the storm that are told of the earlier page. */
function numbers({ earlier: [page] }: CryptoDiagReport): number[] {
  return (page?.entries ?? []).flatMap(({ message }) => message.match(/id=\$(\d+)/)?.[1] ?? []).map(Number);
}

/** Of the page that began before. */
const ended = (told: CryptoDiagReport) => told.earlier.map(({ end }) => end);

test('a renderer that dies in the middle of a storm: what was logged two seconds before is told', async () => {
  const tab = await openPage();
  await browser.evaluate(tab, STORM);
  await expect.poll(() => linesOf(tab), { timeout: 20_000 }).toBeGreaterThan(30);
  const seen = await linesOf(tab);
  await browser.crash(tab);
  await browser.reload(tab);
  await meet(tab);
  const told = await report(tab);
  expect(ended(told)).toEqual(['crashed']);
  const last = Math.max(...numbers(told));
  test.info().annotations.push({ type: 'lost', description: `${seen - last} lines of 100 ms` });
  expect(last).toBeGreaterThan(seen - 20);
});

test('a browser that is killed: what was logged two seconds before is told, and no secret stands on its disk', async () => {
  // By now the device is remembered.
  await browser.closeTab(await openPage());
  await browser.close();
  browser = await WildBrowser.launch(profile);
  const tab = await openPage();
  const shapes = readFileSync(new URL('../fixtures/redaction/shapes.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((shape) => shape.includes('⟦') && !shape.startsWith('# '));
  const lines = shapes.map((shape) => `${shape.replace(/[⟦⟧]/g, '').replace(/␤/g, '\n')} already exists`);
  await browser.evaluate(tab, `for (const line of ${JSON.stringify(lines)}) console.error(line)`);
  await browser.evaluate(tab, STORM);
  await expect.poll(() => linesOf(tab), { timeout: 20_000 }).toBeGreaterThan(30);
  const seen = await linesOf(tab);
  await browser.kill();

  const secrets = shapes.flatMap((shape) => [...shape.matchAll(/⟦(.*?)⟧/g)].map(([, secret = '']) => secret));
  const files = filesOf(profile).filter((file) => /Local Storage|IndexedDB|Session/.test(file));
  expect(files.length).toBeGreaterThan(3);
  const written = files
    .map((file) => readFileSync(file))
    .map((bytes) => bytes.toString('latin1') + bytes.toString('utf16le'));
  expect(written.some((text) => text.includes('DecryptionError[msg: no key]'))).toBe(true);
  const long = new Set(secrets.filter((secret) => /^[\w+/=-]{12,}$/.test(secret)));
  expect(long.size).toBeGreaterThan(30);
  expect([...long].filter((secret) => written.some((text) => text.includes(secret)))).toEqual([]);

  browser = await WildBrowser.launch(profile);
  const again = await openPage();
  await expect.poll(async () => ended(await report(again)), { timeout: 15_000 }).toContain('crashed');
  const told = await report(again);
  const page = told.earlier.find(({ end }) => end === 'crashed');
  const last = Math.max(...numbers({ ...told, earlier: page ? [page] : [] }));
  test.info().annotations.push({ type: 'lost', description: `${seen - last} lines of 100 ms` });
  expect(last).toBeGreaterThan(seen - 20);
});

test('a tab that is discarded, one that is closed, and one that is open', async () => {
  const discarded = await openPage('?discarded');
  await browser.evaluate(discarded, STORM);
  const closed = await openPage('?closed');
  await browser.evaluate(closed, STORM);
  const open = await openPage('?open');
  await browser.evaluate(open, STORM);
  await expect.poll(() => linesOf(open), { timeout: 20_000 }).toBeGreaterThan(12);
  await browser.closeTab(closed);
  await browser.discard('?discarded');
  await browser.activate(discarded);
  await meet(discarded);
  const told = await report(discarded);
  expect(ended(told)).toEqual(['discarded', 'closed', 'open']);
  for (const page of told.earlier) expect(numbers({ ...told, earlier: [page] }).length).toBeGreaterThan(5);
});

function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesOf(path) : [path];
  });
}
