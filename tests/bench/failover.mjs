// How long a session has no leader: from the moment the leading tab goes until another tab is told that it leads, as a
// ratio to a hand-written Web Lock (1.00) in the same run. Rounds are interleaved, every variant has a new browser
// context in each round, and the medians are compared. Arguments: the numbers of tabs; 2 and 20 by default.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'vite';

import { isTrial, rounds as roundsOr } from './page.mjs';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {{ at: number, tab: string, load: string, what: string }} Line */
/** @typedef {{ times: number[], missing: number, twice: number, itself: number, back: number }} Cell `times` in ms */

const here = dirname(fileURLToPath(import.meta.url));
const counts = process.argv.slice(2).map(Number);
if (counts.length === 0) counts.push(...(isTrial ? [2] : [2, 20]));
if (!counts.every((count) => Number.isInteger(count) && count >= 2)) throw new Error('Two tabs, or more');

/** Its elections take seconds: a trial skips it. */
const SLOW = 'broadcast-channel, messages';
const VARIANTS = [
  'locks',
  'locks, let go at pagehide',
  'lotus-crypto-diag',
  'broadcast-channel, locks',
  ...(isTrial ? [] : [SLOW]),
  'tab-election',
];
const ENDINGS = ['close', 'reload', 'crash'];
const OURS = 'lotus-crypto-diag';
/** Time for every tab to queue for the lock, or to learn who leads. */
const SETTLED_MS = 250;
/** How often the message election checks for a leader that is gone without notice. */
const FALLBACK_MS = 3000;
const GIVE_UP_MS = 15_000;

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const roundsOf = (/** @type {number} */ tabs) => roundsOr(tabs < 10 ? 9 : 5);

/** @type {Map<string, string>} */
const served = new Map([
  ['/page.html', '<!doctype html><title>tab</title><script type="module" src="/page.js"></script>'],
  [
    '/watcher.html',
    `<!doctype html><title>watcher</title><script>
      const lines = [];
      addEventListener('storage', ({ key, newValue }) => {
        const [log, at, tab, load] = (key ?? '').split(' ');
        if (log === 'log') lines.push({ at: Number(at), tab, load, what: newValue });
      });
    </script>`,
  ],
]);
const built = await build({
  root: join(here, 'failover-pages'),
  configFile: false,
  base: './',
  logLevel: 'warn',
  build: {
    write: false,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 10_000,
    rollupOptions: { input: join(here, 'failover-pages/page.mjs'), output: { entryFileNames: 'page.js' } },
  },
});
for (const { output } of [built].flat().flatMap((bundle) => ('output' in bundle ? [bundle] : []))) {
  for (const file of output) if (file.type === 'chunk') served.set(`/${file.fileName}`, file.code);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const body = served.get(pathname);
  response.statusCode = body === undefined ? 404 : 200;
  response.setHeader('content-type', extname(pathname) === '.js' ? 'text/javascript' : 'text/html');
  response.end(body);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
console.log(`Chromium ${browser.version()}, tabs: ${counts.join(', ')}`);

/** @type {Map<string, Cell>} */
const cells = new Map();
/** @returns {Cell} */
function cellOf(/** @type {number} */ tabs, /** @type {string} */ ending, /** @type {string} */ variant) {
  const key = `${tabs} ${ending} ${variant}`;
  const cell = cells.get(key) ?? { times: [], missing: 0, twice: 0, itself: 0, back: 0 };
  cells.set(key, cell);
  return cell;
}

/**
 * Runs the endings one after the other in one context.
 * @param {string} variant
 * @param {number} tabs
 * @param {string[]} endings
 * @returns {Promise<string[]>} the remaining endings, once there is more or less than one leader
 */
async function session(variant, tabs, endings) {
  const context = await browser.newContext();
  const watcher = await context.newPage();
  await watcher.goto(`${origin}/watcher.html`);
  /** @type {() => Promise<Line[]>} */
  const read = () => watcher.evaluate('lines');
  /** @type {Map<string, Page>} */
  const pages = new Map();
  let opened = 0;

  const open = async () => {
    opened += 1;
    const tab = `tab${opened}`;
    const page = await context.newPage();
    pages.set(tab, page);
    await page.goto(`${origin}/page.html?${new URLSearchParams({ tab, variant })}`);
    await page.waitForFunction(() => 'election' in window);
  };
  /** Waits for such a line from a page load that is not in `besides`. */
  const lineOf = async (/** @type {string} */ what, /** @type {string[]} */ besides) => {
    const deadline = Date.now() + GIVE_UP_MS;
    while (Date.now() < deadline) {
      const lines = (await read()).filter((line) => line.what === what && !besides.includes(line.load));
      if (lines.length > 0) return lines.reduce((first, line) => (line.at < first.at ? line : first));
      await sleep(20);
    }
    return undefined;
  };
  const leaders = async () => (await read()).filter(({ what }) => what === 'leader');

  try {
    await open();
    if (!(await lineOf('leader', []))) throw new Error(`${variant}: the first tab does not lead`);
    await Promise.all(Array.from({ length: tabs - 1 }, open));
    await sleep(SETTLED_MS);

    for (const [index, ending] of endings.entries()) {
      const remaining = endings.slice(index + 1);
      const cell = cellOf(tabs, ending, variant);
      const before = await leaders();
      const leader = before.at(-1);
      const page = leader && pages.get(leader.tab);
      if (!leader || !page) throw new Error(`${variant}: no tab leads`);
      // The tabs were opened at nearly the same moment; a random delay lets the leader go at any moment between two
      // checks.
      if (ending === 'crash' && variant === SLOW) await sleep(Math.random() * FALLBACK_MS);

      let start = Number.NaN;
      if (ending === 'close') await page.close();
      else if (ending === 'reload') await page.reload();
      else {
        start = await watcher.evaluate(() => performance.timeOrigin + performance.now());
        await page.goto('chrome://crash').catch(() => {});
      }
      const loads = before.map(({ load }) => load);
      const next = await lineOf('leader', loads);
      if (!next) {
        cell.missing += 1;
        return remaining;
      }
      if (ending !== 'crash') {
        const pagehide = (await read()).find(({ load, what }) => load === leader.load && what === 'pagehide');
        if (!pagehide) throw new Error(`${variant}, ${ending}: the page wrote no pagehide`);
        start = pagehide.at;
      }
      cell.times.push(next.at - start);
      if (next.tab === leader.tab) cell.itself += 1;

      if (ending !== 'reload') {
        await page.close();
        pages.delete(leader.tab);
        if (remaining.length > 0) await open();
      }
      await sleep(SETTLED_MS);
      const lines = await read();
      const reigns = lines.filter(({ what, load }) => what === 'leader' && !loads.includes(load));
      reigns.sort((a, b) => a.at - b.at);
      const hasStepped = (/** @type {Line} */ reign, /** @type {number} */ by) =>
        lines.some(({ at, load, what }) => load === reign.load && what === 'stepped back' && at <= by);
      if (reigns.some((reign, index) => index + 1 < reigns.length && !hasStepped(reign, reigns[index + 1]?.at ?? 0))) {
        cell.twice += 1;
        return remaining;
      }
      // The reloaded tab asked for the lead back. Later endings need page loads that have never led, so they run in
      // another context.
      if (reigns.length > 1) {
        cell.back += 1;
        return remaining;
      }
    }
    return [];
  } finally {
    await context.close();
  }
}

/**
 * Rotates the list, so that each round starts with another variant.
 * @type {(list: string[], by: number) => string[]}
 */
const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];

const began = Date.now();
for (const tabs of counts) {
  const rounds = roundsOf(tabs);
  for (let round = 0; round < rounds; round++) {
    for (const variant of rotated(VARIANTS, round)) {
      let remaining = rotated(ENDINGS, round);
      while (remaining.length > 0) remaining = await session(variant, tabs, remaining);
    }
    console.log(`${tabs} tabs: round ${round + 1} of ${rounds}, ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
}
await browser.close();
server.close();

/** The value below which `part` of the values lie. */
const quantile = (/** @type {number[]} */ values, /** @type {number} */ part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

const results = counts.flatMap((tabs) =>
  ENDINGS.flatMap((ending) => {
    const plain = quantile(cellOf(tabs, ending, 'locks').times, 0.5);
    return VARIANTS.map((variant) => {
      const { times, ...odd } = cellOf(tabs, ending, variant);
      const [low = Number.NaN, median = Number.NaN, high = Number.NaN] = [0.25, 0.5, 0.75].map((part) =>
        quantile(times, part),
      );
      return { tabs, ending, variant, ratio: median / plain, median, quartiles: [low, high], ...odd, times };
    });
  }),
);

for (const tabs of counts) {
  for (const ending of ENDINGS) {
    console.log(`\n${`${tabs} tabs, ${ending}`.padEnd(30)}  ratio  median ms   quartiles ms`);
    for (const result of results.filter((r) => r.tabs === tabs && r.ending === ending)) {
      const { variant, ratio, median, quartiles, missing, twice, itself, back } = result;
      const notes = [
        missing && `${missing} times none led within ${GIVE_UP_MS / 1000} s`,
        twice && `${twice} times two led`,
        itself && `${itself} times the reloaded tab itself`,
        back && `${back} times handed back to the reloaded tab`,
        median < 0 && 'told before the pagehide of the one that led',
      ].filter(Boolean);
      const spread = quartiles.map((value) => value.toFixed(1)).join(' - ');
      console.log(
        `${variant.padEnd(30)}${ratio.toFixed(2).padStart(7)}${median.toFixed(1).padStart(11)}   ${spread.padEnd(18)} ${notes.join(', ')}`.trimEnd(),
      );
    }
  }
}

console.log('\nGoals');
for (const tabs of counts) {
  for (const ending of ENDINGS) {
    const here = results.filter((result) => result.tabs === tabs && result.ending === ending);
    const ours = here.find(({ variant }) => variant === OURS);
    if (!ours) continue;
    const most = ending === 'crash' ? 1.1 : 0.3;
    const ahead = here.filter(
      ({ variant, median }) => !variant.startsWith(OURS) && !variant.startsWith('locks') && median < ours.median,
    );
    const behind = ahead.map(({ variant, median }) => `${variant} (${median.toFixed(1)} ms)`).join(', ');
    console.log(
      `${tabs} tabs, ${ending}: ${ours.ratio.toFixed(2)} of plain locks, at most ${most.toFixed(2)}: ${
        ours.ratio <= most ? 'holds' : 'MISSED'
      }; ${behind ? `BEHIND ${behind}` : 'behind no package'}`,
    );
  }
}
const file = join(here, 'failover.json');
writeFileSync(
  file,
  `${JSON.stringify({ date: new Date().toISOString(), browser: browser.version(), results }, null, 2)}\n`,
);
console.log(`\nThe ratio is to plain locks: below 1 is faster. Written to ${file}`);
