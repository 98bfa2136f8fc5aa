// The evidence of a page outlives its end, however it ends, in a browser without a driver.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from './report';
import { UndrivenBrowser } from './undriven-browser';

const PAGE = 'http://127.0.0.1:4199/auto.html';
const CLIENT = `({
  getUserId: () => '@a:hs',
  getDeviceId: () => 'D',
  getCrypto: () => ({ getOwnDeviceKeys: async () => ({ ed25519: 'ed', curve25519: 'curve' }) }),
})`;
/** Ten different lines a second; the page counts them. */
const STORM = `void setInterval(() => {
  window.lines = (window.lines ?? 0) + 1;
  console.error('(id=$' + window.lines + '): DecryptionError[msg: no key]');
}, 100)`;

let browser: UndrivenBrowser;
let profile: string;

// biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured parameter.
test.beforeEach(async ({}, testInfo) => {
  profile = testInfo.outputPath('profile');
  browser = await UndrivenBrowser.launch(profile);
});

test.afterEach(() => browser.close());

async function openPage(query = ''): Promise<string> {
  const tab = await browser.open(PAGE + query);
  await initPage(tab);
  return tab;
}

async function initPage(tab: string): Promise<void> {
  await expect.poll(() => browser.evaluate(tab, '"lib" in window').catch(() => false)).toBe(true);
  await browser.evaluate(tab, `window.lib.checkCryptoStore(${CLIENT})`);
}

const linesOf = (tab: string) => browser.evaluate<number>(tab, 'window.lines');

async function report(tab: string): Promise<CryptoDiagReport> {
  return readReport(await browser.evaluate(tab, `window.lib.collectCryptoDiagReport(${CLIENT})`));
}

/** The numbers of the lines of the storm that are in these pages of a report. */
function lineNumbers(pages: CryptoDiagReport['earlier']): number[] {
  return pages
    .flatMap(({ entries }) => entries)
    .flatMap(({ message }) => message.match(/id=\$(\d+)/)?.[1] ?? [])
    .map(Number);
}

/** How the earlier pages ended. */
const ended = ({ earlier }: CryptoDiagReport) => earlier.map(({ end }) => end);

test('after a renderer crash in a storm, lines logged two seconds before are in the report', async () => {
  const tab = await openPage();
  await browser.evaluate(tab, STORM);
  await expect.poll(() => linesOf(tab), { timeout: 20_000 }).toBeGreaterThan(30);
  const seen = await linesOf(tab);
  await browser.crash(tab);
  await browser.reload(tab);
  await initPage(tab);
  const collected = await report(tab);
  expect(ended(collected)).toEqual(['crashed']);
  const last = Math.max(...lineNumbers(collected.earlier));
  test.info().annotations.push({ type: 'lost', description: `${seen - last} lines of 100 ms` });
  expect(last).toBeGreaterThan(seen - 20);
});

test('after the browser was killed, lines logged two seconds before are in the report', async () => {
  // Time for the device's marker to reach the disk: without it, evidence found later would look as if left over after a
  // logout.
  await openPage();
  await new Promise((resolve) => setTimeout(resolve, 7000));
  await browser.close();
  browser = await UndrivenBrowser.launch(profile);
  const tab = await openPage();
  await browser.evaluate(tab, STORM);
  await expect.poll(() => linesOf(tab), { timeout: 20_000 }).toBeGreaterThan(30);
  const seen = await linesOf(tab);
  await browser.kill();
  browser = await UndrivenBrowser.launch(profile);
  const again = await openPage();
  const last = async () =>
    Math.max(...(await report(again)).earlier.map((page) => Math.max(0, ...lineNumbers([page]))));
  await expect.poll(last, { timeout: 15_000 }).toBeGreaterThan(seen - 20);
  test.info().annotations.push({ type: 'lost', description: `${seen - (await last())} lines of 100 ms` });
});

test('no secret is in the files that the browser wrote to disk', async () => {
  const shapes = readFileSync(new URL('../fixtures/redaction/shapes.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((shape) => shape.includes('⟦') && !shape.startsWith('# '));
  const plain = (text: string) => text.replace(/␤/g, '\n').replace(/␍/g, '\r').replace(/␉/g, '\t');
  const lines = shapes.map((shape) => `${plain(shape.replace(/[⟦⟧]/g, ''))} already exists`);
  const tab = await openPage();
  // Both copies. Opening the database before the library does would create it without a store.
  const stored = `(async () => {
    const found = await indexedDB.databases();
    if (!found.some(({ name }) => name === 'lotus-crypto-diag')) return '';
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('lotus-crypto-diag');
      request.onsuccess = () => resolve(request.result);
    });
    const texts = await new Promise((resolve) => {
      const request = database.transaction('pages').objectStore('pages').getAll();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    return [...Object.values(localStorage), '; the copies: ', ...texts].join();
  })()`;
  let written = '';
  // A report contains the same secrets, because not every form of secret is recognised.
  let reported = '';
  // The store has no room for all lines at once.
  for (let at = 0; at < lines.length; at += 40) {
    const some = [...lines.slice(at, at + 40), `the last of ${at} already exists`];
    await browser.evaluate(tab, `for (const line of ${JSON.stringify(some)}) console.error(line)`);
    let copied = '';
    const isWritten = async () => {
      copied = await browser.evaluate<string>(tab, stored);
      return copied.split('the copies: ').every((copy) => copy.includes(`the last of ${at} already`));
    };
    await expect.poll(isWritten).toBe(true);
    written += copied;
    reported += await browser.evaluate<string>(tab, 'JSON.stringify(window.lib.getCryptoDiagEntries())');
  }
  // Longer than the browser delays writing to the disk.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await browser.close();
  const files = filesOf(profile).map((file) => readFileSync(file));
  const onDisk = files.map((bytes) => bytes.toString('latin1') + bytes.toString('utf16le'));
  expect(onDisk.some((text) => text.includes('the last of 0 already exists'))).toBe(true);
  const secrets = shapes.flatMap((shape) => [...shape.matchAll(/⟦(.*?)⟧/g)].map(([, secret = '']) => secret));
  const checkedSecrets = new Set(
    secrets.map(plain).filter((secret) => /^\S{10,}$/.test(secret) && !reported.includes(secret)),
  );
  expect(checkedSecrets.size).toBeGreaterThan(40);
  expect([...checkedSecrets].filter((secret) => [written, ...onDisk].some((text) => text.includes(secret)))).toEqual(
    [],
  );
});

test('the report distinguishes discarded, closed and open tabs', async () => {
  const discarded = await openPage('?discarded');
  await browser.evaluate(discarded, STORM);
  const closed = await openPage('?closed');
  await browser.evaluate(closed, STORM);
  const open = await openPage('?open');
  await browser.evaluate(open, STORM);
  await expect.poll(() => linesOf(open), { timeout: 20_000 }).toBeGreaterThan(12);
  await browser.closeTab(closed);
  const again = await browser.discard('?discarded');
  await browser.activate(again);
  await initPage(again);
  // A tab answers only once it has started.
  const ends = async () => ended(await report(again));
  await expect.poll(ends, { timeout: 15_000 }).toEqual(['discarded', 'closed', 'open']);
  const collected = await report(again);
  for (const page of collected.earlier) expect(lineNumbers([page])).not.toEqual([]);
});

function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const file = statSync(path, { throwIfNoEntry: false });
    return file?.isDirectory() ? filesOf(path) : file?.isFile() ? [path] : [];
  });
}
