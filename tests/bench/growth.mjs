// How the cost grows with lines per second, number of arguments, line length, and tabs. Prints the results and draws
// growth.png.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { isTrial, openBench, rounds, spread } from './page.mjs';

const here = import.meta.dirname;
const uplot = dirname(createRequire(join(here, '../../demo/package.json')).resolve('uplot/package.json'));

const bench = await openBench((path, response) => {
  if (!path.startsWith('/uplot/')) return false;
  const file = join(uplot, 'dist', path.slice('/uplot/'.length));
  response.setHeader('content-type', path.endsWith('.css') ? 'text/css' : 'text/javascript').end(readFileSync(file));
  return true;
});
const { page } = bench;
await page.evaluate(async (module) => {
  console.warn = () => {};
  const lib = await import(module);
  lib.installCryptoDiagLog();
  const filler = (/** @type {number} */ length) =>
    'lorem ipsum dolor sit amet '.repeat(Math.ceil(length / 27)).slice(0, length);
  /** Nanoseconds per call, the median of rounds that last some milliseconds each. */
  const cost = async (/** @type {unknown[]} */ args) => {
    const times = [];
    let calls = 1;
    for (let round = 0; round < 15; ) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) console.warn(...args);
      const ms = performance.now() - start;
      if (ms < 2 && calls < 1e6) calls *= 2;
      else round = times.push((ms * 1e6) / calls);
      await new Promise((resolve) => setTimeout(resolve));
    }
    return times.sort((a, b) => a - b)[7] ?? Number.NaN;
  };
  /** Nanoseconds per line, for lines logged at a rate per second in steps of 10 ms, for two seconds. */
  const atRate = async (/** @type {number} */ rate, /** @type {string} */ text) => {
    let [spent, lines] = [0, 0];
    const began = performance.now();
    while (performance.now() - began < 2000) {
      const due = Math.floor(((performance.now() - began) * rate) / 1000) + 1 - lines;
      const start = performance.now();
      for (let i = 0; i < due; i++) console.warn(text);
      spent += performance.now() - start;
      lines += Math.max(0, due);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return (spent * 1e6) / lines;
  };
  Object.assign(window, { filler, cost, atRate });
}, `${bench.origin}/index.js`);

/** @typedef {{ name: string, unit: string, x: number[], lines: { name: string, y: number[] }[] }} Chart */
/** @param {string} name @param {string} unit @param {number[]} all @param {Record<string, (at: number) => Promise<number>>} lines */
async function measure(name, unit, all, lines) {
  const x = isTrial ? all.slice(0, 2) : all;
  /** @type {Chart} */
  const chart = { name, unit, x, lines: [] };
  for (const [line, at] of Object.entries(lines)) {
    const y = [];
    for (const value of x) y.push(await at(value));
    chart.lines.push({ name: line, y });
  }
  console.log(`\n${name.padEnd(28)}${chart.lines.map((line) => `${line.name}, ${unit}`.padStart(30)).join('')}`);
  for (const [i, value] of x.entries()) {
    console.log(
      `${value.toLocaleString('en').padStart(12).padEnd(28)}${chart.lines.map(({ y }) => (y[i] ?? 0).toFixed(y[i] && y[i] < 10 ? 2 : 0).padStart(30)).join('')}`,
    );
  }
  return chart;
}

/** @param {string} expression of the page @returns {Promise<number>} */
const inPage = (expression) => page.evaluate(expression);
const matching = JSON.stringify(' One time key a:BBBBBBBBB already exists ');

console.log(`${bench.version}`);
const charts = [
  await measure('lines a second', 'ns a line', [1, 10, 100, 1000, 10_000, 100_000], {
    'none matches': (rate) => inPage(`atRate(${rate}, filler(80))`),
    'every line matches': (rate) => inPage(`atRate(${rate}, ${matching})`),
  }),
  await measure('arguments of 20 characters', 'ns a line', [1, 2, 5, 10, 20, 50], {
    'none matches': (count) => inPage(`cost(Array.from({ length: ${count} }, () => filler(20)))`),
    'the last one matches': (count) =>
      inPage(`cost([...Array.from({ length: ${count - 1} }, () => filler(20)), ${matching}])`),
  }),
  await measure('characters of a line', 'ns a line', [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000], {
    'does not match': (length) => inPage(`cost([filler(${length})])`),
    'matches at its end': (length) => inPage(`cost([filler(${length}) + ${matching}])`),
  }),
];

// Tabs: a report that asks all of them.
/** @type {import('@playwright/test').Page[]} */
const pages = [];
const tabs = [1, 2, 5, 10, 20, 50];
charts.push(
  await measure('tabs of one session', 'ms', tabs, {
    'a report that asks every tab': async (count) => {
      while (pages.length < count) {
        const tab = await page.context().newPage();
        await tab.goto(bench.origin);
        await tab.evaluate(async (module) => {
          const lib = await import(module);
          Object.assign(window, { lib });
          lib.installCryptoDiagLog();
          lib.requestTabLeadership({ name: 'growth' });
        }, `${bench.origin}/index.js`);
        pages.push(tab);
      }
      const [first] = pages;
      const times = [];
      for (let i = 0; i < rounds(9); i++) {
        const [ms, answered] = (await first?.evaluate(async () => {
          const start = performance.now();
          const report = JSON.parse(await /** @type {any} */ (window).lib.collectCryptoDiagReport(null));
          return [performance.now() - start, report.tabs?.tabs?.length ?? 0];
        })) ?? [Number.NaN, 0];
        if (answered !== count) console.log(`  of ${count} tabs, ${answered} answered`);
        times.push(Number(ms));
      }
      return spread(times).median;
    },
  }),
);

// Draws the charts.
await page.setViewportSize({ width: 1000, height: 800 });
await page.setContent(
  `<link rel="stylesheet" href="/uplot/uPlot.min.css"><style>body{margin:16px;background:#fff;display:grid;grid-template-columns:1fr 1fr;gap:12px}.u-title{font-size:15px}</style>`,
);
await page.addScriptTag({ url: '/uplot/uPlot.iife.min.js' });
await page.evaluate((all) => {
  const UPlot = /** @type {any} */ (window).uPlot;
  for (const { name, unit, x, lines } of all) {
    const strokes = ['#1769aa', '#b23c17'];
    const short = (/** @type {number} */ value) =>
      value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : `${value}`;
    const values = (/** @type {unknown} */ _, /** @type {(number | null)[]} */ ticks) =>
      ticks.map((tick) => (tick ? short(tick) : ''));
    const ys = lines.flatMap(({ y }) => y);
    new UPlot(
      {
        title: `${name} (${unit})`,
        width: 476,
        height: 320,
        scales: {
          x: { time: false, distr: 3 },
          y: {
            distr: 3,
            range: [10 ** Math.floor(Math.log10(Math.min(...ys))), 10 ** Math.ceil(Math.log10(Math.max(...ys)))],
          },
        },
        axes: [{ values }, { values, size: 64 }],
        series: [
          {},
          ...lines.map((line, i) => ({ label: line.name, stroke: strokes[i], width: 2, points: { show: true } })),
        ],
        legend: { live: false },
      },
      [x, ...lines.map(({ y }) => y)],
      document.body,
    );
  }
}, charts);
// A trial does not overwrite the committed picture.
if (!isTrial) await page.screenshot({ path: join(here, 'growth.png') });
await bench.close();
const file = join(here, 'growth.json');
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, charts }, null, 2)}\n`);
console.log(`\nWritten to ${file}; drawn in growth.png`);
