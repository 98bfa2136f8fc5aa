// What capture costs per console call: ours, a hand-written wrapper with one RegExp (the unit, 1.00), an empty pass-through
// (the floor), and the packages that could stand in its place. Every one wraps a console whose methods do nothing, in a
// frame of its own; rounds are interleaved, and the medians of their ratios compared.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench, spread } from './page.mjs';

const ROUNDS = Number(process.env['ROUNDS'] ?? 31);
/** So long a round of one variant lasts, about. */
const ROUND_MS = 4;

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../pkg-glue/package.json'));
/** @type {typeof import('esbuild')} */
const { build } = require('esbuild');
const variants = [
  'pass-through',
  'hand-written',
  'lotus-crypto-diag',
  'console-feed',
  '@sentry/browser, breadcrumbs',
  '@sentry/browser, captureConsole',
  '@rrweb console-record',
  '@datadog/browser-logs',
];

const { outputFiles } = await build({
  entryPoints: [join(here, 'variants.js')],
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  charset: 'utf8',
  outdir: '/bench',
  write: false,
  nodePaths: [join(here, 'peers/node_modules')],
  alias: { 'lotus-crypto-diag': join(here, '../../pkg-glue/dist/index.js') },
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'error',
});
const files = new Map(outputFiles.map(({ path, text }) => [path, text]));

const bench = await openBench((path, response) => {
  const file = files.get(path);
  if (file !== undefined) response.setHeader('content-type', 'text/javascript; charset=utf-8');
  if (path === '/frame.html') response.setHeader('content-type', 'text/html');
  if (file === undefined && path !== '/frame.html' && !path.startsWith('/nowhere')) return false;
  response.end(
    file ?? (path === '/frame.html' ? '<!doctype html><script type="module" src="/bench/variants.js"></script>' : ''),
  );
  return true;
});
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores`;
console.log(`${bench.version}, ${machine}, ${ROUNDS} interleaved rounds`);

const measured = await bench.page.evaluate(
  async ({ names, rounds, roundMs }) => {
    /** @type {Record<string, any>} */
    const frames = {};
    for (const name of names) {
      const frame = document.createElement('iframe');
      frame.src = '/frame.html';
      document.body.append(frame);
      await new Promise((resolve) => frame.addEventListener('load', resolve));
      frames[name] = frame.contentWindow;
      await frames[name].install(name);
    }
    /** @type {Record<string, Record<string, number[]>>} */
    const results = {};
    for (const workload of frames[String(names[0])].workloads) {
      /** @type {Record<string, number>} */
      const calls = {};
      /** @type {Record<string, number[]>} */
      const times = {};
      for (const name of names) {
        // Warm, and to find how many calls make a round.
        frames[name].run(workload, 200);
        const ms = Math.max(0.001, frames[name].run(workload, 500));
        calls[name] = Math.round(Math.min(20_000, Math.max(20, (500 * roundMs) / ms)));
        times[name] = [];
      }
      for (let round = -3; round < rounds; round++) {
        for (const name of names) {
          const ns = (frames[name].run(workload, calls[name]) * 1e6) / Number(calls[name]);
          if (round >= 0) times[name]?.push(ns);
        }
        await new Promise((resolve) => setTimeout(resolve));
      }
      results[workload] = times;
    }
    return results;
  },
  { names: variants, rounds: ROUNDS, roundMs: ROUND_MS },
);
await bench.close();

const rows = [];
for (const [workload, times] of Object.entries(measured)) {
  console.log(`\n${workload.padEnd(34)}   ratio   quartiles        ns`);
  for (const name of variants) {
    const own = times[name] ?? [];
    const ratio = spread(own.map((ns, round) => ns / (times['hand-written']?.[round] ?? Number.NaN)));
    const { median } = spread(own);
    rows.push({ workload, name, ratio, ns: median });
    const quartiles = `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`;
    console.log(
      `${name.padEnd(34)}${ratio.median.toFixed(2).padStart(8)}  ${quartiles.padStart(12)} ${median.toFixed(0).padStart(9)}`,
    );
  }
}
const file = join(here, `console${bench.suffix}.json`);
const results = { date: new Date().toISOString(), browser: bench.version, machine, rounds: ROUNDS, rows };
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nThe ratio is to the hand-written wrapper: below 1 is cheaper. Written to ${file}`);
