import { closeSync, openSync, writeSync } from 'node:fs';

import { expect, type Page, test } from '@playwright/test';

import { drop, dropped, fileItem, openViewer, reportOf } from './viewer';

const SIZE = 100 * 1024 ** 2;

/** Writes a file of 100 MB in parts. */
function write(path: string, head: string, part: (nth: number) => string, foot: string): void {
  const file = openSync(path, 'w');
  let size = writeSync(file, head);
  for (let nth = 0; size < SIZE; ) {
    let block = '';
    while (block.length < 1024 ** 2) block += part(nth++);
    size += writeSync(file, block);
  }
  writeSync(file, foot);
  closeSync(file);
}

const START = Date.now() - 3_600_000;

function writeHar(path: string): void {
  const text = JSON.stringify({ chunk: 'y'.repeat(6000) });
  const part = (nth: number) => {
    const request = { method: 'PUT', url: `https://hs/_matrix/client/v3/rooms/!r:hs/send/m.room.message/m${nth}` };
    const response = { status: 200, content: { size: 6000, mimeType: 'application/json', text } };
    const startedDateTime = new Date(START + nth * 100).toISOString();
    return `${nth === 0 ? '' : ','}${JSON.stringify({ startedDateTime, time: 20 + (nth % 50), request, response })}`;
  };
  write(path, '{"log":{"version":"1.2","creator":{"name":"a browser","version":"1"},"entries":[', part, ']}}');
}

function writeLog(path: string): void {
  const part = (nth: number) => {
    const time = new Date(START + nth * 8).toISOString().replace('T', ' ').replace('Z', '').replace('.', ',');
    return `${time} - synapse.access.http.8008 - 460 - INFO - PUT-${nth} - 127.0.0.1 - 8008 - {@a:hs} Processed request: 0.0${10 + (nth % 80)}sec/0.001sec ru=(0.001sec, 0.000sec) db=(0.000sec/0.000sec/0) 48B 200 "PUT /_matrix/client/v3/rooms/!r:hs/typing/@a:hs HTTP/1.1" "Mozilla/5.0 (X11; Linux x86_64)" [0 dbevts]\n`;
  };
  write(path, '', part, '');
}

/** Starts counting how often the displayed progress moved, and how many of these moves the page drew in a frame. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const progress = { moves: 0, drawn: 0 };
    let isDrawn = false;
    const count = () => {
      isDrawn = true;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    new MutationObserver(() => {
      if (!/Read: /.test(document.querySelector('main')?.textContent ?? '')) return;
      progress.moves += 1;
      if (isDrawn) progress.drawn += 1;
      isDrawn = false;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { progress });
  });
}

/** Clicks in the page as soon as the file is read: from outside, two clicks may take longer than the reading. */
const answersWhileReading = (page: Page, name: string) =>
  page.evaluate(async (name) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const button = (words: string) => [...document.querySelectorAll('button')].find((one) => one.innerText === words);
    const cancel = () => document.querySelector(`[aria-label="Cancel ${name}"]`);
    while (!/Read: /.test(cancel()?.closest('li')?.textContent ?? '')) await frame();
    // If the page itself read the file, it would handle the clicks only after reading all of it.
    button('Dark theme')?.click();
    document.querySelector<HTMLElement>('.episode')?.click();
    await frame();
    await frame();
    return {
      theme: button('Light theme') !== undefined,
      episode: document.querySelector('[data-testid=episode]') !== null,
      isReading: cancel() !== null,
    };
  }, name);

const progressOf = (page: Page) =>
  page.evaluate(() => (window as unknown as { progress: { moves: number; drawn: number } }).progress);

test.describe.configure({ mode: 'serial', timeout: 180_000 });

for (const [name, writer, summary] of [
  ['big.har', writeHar, /HAR file: [\d,]{6} requests/],
  ['homeserver.log', writeLog, /Homeserver log: [\d,]{7} lines/],
] as const) {
  test(`the viewer shows progress and responds to clicks while it reads a ${name} of 100 MB`, async ({
    page,
  }, testInfo) => {
    const path = testInfo.outputPath(name);
    writer(path);
    const report = await reportOf(page, 'ke4-delayed');
    const pageErrors = await openViewer(page);
    await watch(page);
    await drop(page, dropped('report.json', report));
    await expect(page.locator('.episode').first()).toBeVisible();
    const answered = answersWhileReading(page, name);
    await page.getByLabel('Files to read').setInputFiles(path);
    expect(await answered).toEqual({ theme: true, episode: true, isReading: true });

    await expect(fileItem(page, name)).toContainText(summary, { timeout: 120_000 });
    const { moves, drawn } = await progressOf(page);
    expect(moves).toBeGreaterThan(10);
    expect(drawn).toBeGreaterThan(moves / 2);
    await expect(page.getByTestId('latency-plot').locator('canvas')).toBeVisible();
    expect(pageErrors).toEqual([]);
  });

  test(`reading a ${name} of 100 MB can be cancelled, and the next file is read`, async ({ page }, testInfo) => {
    const path = testInfo.outputPath(name);
    writer(path);
    const pageErrors = await openViewer(page);
    await page.getByLabel('Files to read').setInputFiles(path);
    await drop(page, dropped('keys.csv', 'user_id,device_id,algorithm,count\n@a:hs,DEV,signed_curve25519,0\n'));
    await expect(fileItem(page, name)).toContainText('Read: ');
    await expect(fileItem(page, 'keys.csv')).toContainText('Waiting…');
    await page.getByRole('button', { name: `Cancel ${name}` }).click();
    await expect(fileItem(page, name)).toContainText('Cancelled.');
    await expect(fileItem(page, 'keys.csv')).toContainText('1 row of counts of one-time keys');
    await expect(page.getByTestId('latency-plot')).toBeHidden();
    expect(pageErrors).toEqual([]);
  });
}
