// A page with the built package beside it, for a benchmark that runs inside.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../../pkg-glue/dist');

/** @param {(path: string, response: import('node:http').ServerResponse) => boolean} [answer] answers what is not a file */
export async function openBench(answer = () => false) {
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? '/';
    // Isolated, so that the clock has steps of 5 us.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (answer(path, response)) return;
    response.setHeader('content-type', extname(path) === '.js' ? 'text/javascript' : 'text/html');
    if (path === '/favicon.ico') return void response.end();
    response.end(path === '/' ? '<!doctype html><title>bench</title>' : readFileSync(join(dist, path)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--js-flags=--expose-gc'],
  });
  const page = await browser.newPage();
  await page.goto(origin);
  return {
    origin,
    page,
    version: browser.version(),
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** The middle one, and the quartiles. */
export function spread(/** @type {number[]} */ values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
