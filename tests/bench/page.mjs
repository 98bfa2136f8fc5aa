// A page with the built package, for benchmarks that run inside it: in Chromium, or with BROWSER=firefox or
// BROWSER=webkit in the installed one.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

import { openWebKit } from './webkit.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../../pkg-glue/dist');

/**
 * Serves the package, an empty page, and whatever `answer` answers.
 *
 * @param {(path: string, response: import('node:http').ServerResponse, request: import('node:http').IncomingMessage) => boolean}
 *   answer returns whether it answered
 */
export async function serve(answer) {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? '/';
    // Cross-origin isolated, so that the clock has a resolution of 5 us (20 us in WebKit).
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (answer(path, response, request)) return;
    response.setHeader('content-type', extname(path) === '.js' ? 'text/javascript' : 'text/html');
    if (path === '/favicon.ico') return void response.end();
    response.end(path === '/' ? '<!doctype html><title>bench</title>' : readFileSync(join(dist, path)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    close: () => void server.close(),
  };
}

/** @param {Parameters<typeof serve>[0]} [answer] */
export async function openBench(answer = () => false) {
  const server = await serve(answer);
  const { origin } = server;
  const other = process.env['BROWSER'];
  // All drivers' pages have the few methods that are used.
  /** @type {import('@playwright/test').Browser} */
  const browser = await (other === 'webkit' ? openWebKit() : other ? openFirefox() : openChromium());
  const page = await (other ? browser : await browser.newContext()).newPage();
  await page.goto(origin);
  return {
    origin,
    page,
    version: `${other ? '' : 'Chromium '}${await browser.version()}`,
    /** Suffix of the file with the results. */
    suffix: other ? `-${other}` : '',
    async close() {
      await browser.close();
      server.close();
    },
  };
}

const openChromium = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--js-flags=--expose-gc'],
  });

/** The installed Firefox: Playwright drives only its own build. */
async function openFirefox() {
  const { launch } = createRequire(new URL('peers/', import.meta.url))('puppeteer-core');
  const preferences = { 'privacy.reduceTimerPrecision': false };
  return launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox: preferences });
}

/** ROUNDS=1 checks that the script still runs, without measuring. */
export const isTrial = process.env['ROUNDS'] === '1';

/** The number of rounds. */
export const rounds = (/** @type {number} */ usual) => Number(process.env['ROUNDS'] ?? usual);

/** The median and the quartiles. */
export function spread(/** @type {number[]} */ values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
