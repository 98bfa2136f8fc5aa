// A page with the built package beside it, for a benchmark that runs inside: in Chromium, or with BROWSER=firefox or
// BROWSER=webkit in what is installed of these.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

import { openWebKit } from './webkit.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../../pkg-glue/dist');

/**
 * Serves the package, a page with nothing on it, and whatever else is answered.
 *
 * @param {(path: string, response: import('node:http').ServerResponse, request: import('node:http').IncomingMessage) => boolean}
 *   answer whether it did
 */
export async function serve(answer) {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? '/';
    // Isolated, so that the clock has steps of 5 us, in WebKit of 20 us.
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
  // Of the drivers' pages, the same few methods are used.
  /** @type {import('@playwright/test').Browser} */
  const browser = await (other === 'webkit' ? openWebKit() : other ? openFirefox() : openChromium());
  const page = await (other ? browser : await browser.newContext()).newPage();
  await page.goto(origin);
  return {
    origin,
    page,
    version: `${other ? '' : 'Chromium '}${await browser.version()}`,
    /** Of the file with the results. */
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

/** As it is installed: Playwright drives only a Firefox of its own. */
async function openFirefox() {
  const { launch } = createRequire(new URL('peers/', import.meta.url))('puppeteer-core');
  const preferences = { 'privacy.reduceTimerPrecision': false };
  return launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox: preferences });
}

/** ROUNDS=1: not to measure, but to see that the script still runs. */
export const isTrial = process.env['ROUNDS'] === '1';

/** How often something is measured. */
export const rounds = (/** @type {number} */ usual) => Number(process.env['ROUNDS'] ?? usual);

/** The middle one, and the quartiles. */
export function spread(/** @type {number[]} */ values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
