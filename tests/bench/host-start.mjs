// What the start of a host pays for the package: the same app, built for production with Cinny's tool chain, with the
// package (added by its installer) and without it, loaded in turn up to its login. Warm: the scripts come from the
// browser's cache, as on any visit but the first.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

import { build, builtOf, pack, prepare } from '../hosts/build.mjs';
import { serve } from '../hosts/serve.mjs';
import { isTrial, rounds, spread } from './page.mjs';

const ROUNDS = rounds(25);
/** How long to measure after the login form appears: what the package starts seconds later is not counted. */
const SETTLE_MS = 500;

/** @typedef {import('../hosts/build.mjs').Variant} Variant */
/** @type {Variant[]} */
const variants = ['with', 'without'];

// A trial reuses what the tests of the hosts have built.
if (!isTrial || !variants.every((variant) => existsSync(builtOf('classic', variant)))) {
  console.log('Building the host with and without the package');
  await prepare('classic', await pack());
  await prepare('classic');
  await Promise.all(variants.map((variant) => build('classic', variant)));
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
console.log(`Chromium ${browser.version()}, ${ROUNDS} rounds`);

// Each has its own origin and profile, with a cache and a service worker.
const hosts = await Promise.all(
  variants.map(async (variant) => ({
    variant,
    server: await serve(builtOf('classic', variant), 0),
    context: await browser.newContext(),
  })),
);

const names = /** @type {const} */ ({
  paint: 'first contentful paint',
  form: 'the login form is in the document',
  longTasks: 'long tasks, together',
  processor: 'processor time of the main thread',
});
/** @typedef {keyof typeof names} Name */
/** @type {Record<Variant, Record<Name, number[]>>} */
const measured = {
  with: { paint: [], form: [], longTasks: [], processor: [] },
  without: { paint: [], form: [], longTasks: [], processor: [] },
};
for (let round = isTrial ? 0 : -4; round < ROUNDS; round++) {
  // Alternates which one is first.
  for (const host of round % 2 ? hosts : [...hosts].reverse()) {
    const times = await load(host);
    if (round < 0) continue;
    for (const [name, ms] of Object.entries(times)) measured[host.variant][/** @type {Name} */ (name)].push(ms);
  }
}
await browser.close();
for (const { server } of hosts) server.close();

const rows = /** @type {Name[]} */ (Object.keys(names)).map((name) => {
  const [loaded, plain] = [measured.with[name], measured.without[name]];
  const ratio = spread(loaded.map((ms, round) => ms / (plain[round] ?? Number.NaN)));
  return { name: names[name], with: spread(loaded), without: spread(plain), ratio };
});
console.log(`\n${'milliseconds, medians'.padEnd(42)}   with  without   ratio of the rounds (quartiles)`);
for (const { name, with: loaded, without: plain, ratio } of rows) {
  const figures = `${loaded.median.toFixed(1).padStart(7)} ${plain.median.toFixed(1).padStart(8)}`;
  const ratios = [ratio.median, ratio.low, ratio.high].map((value) => value.toFixed(2));
  const ofMedians = (loaded.median / plain.median).toFixed(2);
  console.log(`${name.padEnd(42)}${figures}   ${ratios[0]} (${ratios[1]}-${ratios[2]}); of the medians ${ofMedians}`);
}
const file = join(dirname(fileURLToPath(import.meta.url)), 'host-start.json');
const result = { date: new Date().toISOString(), browser: `Chromium ${browser.version()}`, rounds: ROUNDS, rows };
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
console.log(`\nWritten to ${file}`);

/**
 * One load in a new tab.
 *
 * @param {typeof hosts[number]} host
 */
async function load({ server, context }) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // Processor time excludes other work of the machine.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(server.origin);
  const times = await page.evaluate(async (settle) => {
    const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const entry = async (/** @type {string} */ name) => {
      for (;;) {
        const [found] = performance.getEntriesByName(name);
        if (found) return found.startTime;
        await pause(5);
      }
    };
    let longTasks = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks += duration;
    }).observe({ type: 'longtask', buffered: true });
    const form = await entry('login form');
    const paint = await entry('first-contentful-paint');
    await pause(settle);
    return { paint, form, longTasks };
  }, SETTLE_MS);
  const { metrics } = await session.send('Performance.getMetrics');
  const processor = 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  await page.close();
  return { ...times, processor };
}
