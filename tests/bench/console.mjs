// What capture costs per console call. Compares the package with a hand-written wrapper with one RegExp (the unit,
// 1.00), an empty pass-through (the minimum), wrappers that do a part of the package's work, and alternative packages.
// Each wraps a console whose methods do nothing, in its own frame; rounds are interleaved, and the medians of their
// ratios compared.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench, rounds, spread } from './page.mjs';
import { bundleVariants, measure } from './variants.mjs';

const ROUNDS = rounds(31);
/** Approximate duration of one round of one variant. */
const ROUND_MS = 4;

const here = dirname(fileURLToPath(import.meta.url));
const variants = [
  'pass-through',
  'a wrapper that looks at nothing',
  'a wrapper that looks for one character',
  'hand-written',
  'lotus-crypto-diag',
  'every line kept as text',
  'console-feed',
  '@sentry/browser, breadcrumbs',
  '@sentry/browser, captureConsole',
  '@rrweb console-record',
  '@datadog/browser-logs',
];

const bench = await openBench(await bundleVariants());
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores`;
console.log(`${bench.version}, ${machine}, ${ROUNDS} interleaved rounds`);

const measured = await bench.page.evaluate(measure, { names: variants, rounds: ROUNDS, roundMs: ROUND_MS });
await bench.close();

const rows = [];
for (const [workload, times] of Object.entries(measured)) {
  console.log(`\n${workload.padEnd(40)}   ratio   quartiles        ns`);
  for (const name of variants) {
    const own = times[name] ?? [];
    const ratio = spread(own.map((ns, round) => ns / (times['hand-written']?.[round] ?? Number.NaN)));
    const { median } = spread(own);
    rows.push({ workload, name, ratio, ns: median });
    const quartiles = `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`;
    console.log(
      `${name.padEnd(40)}${ratio.median.toFixed(2).padStart(8)}  ${quartiles.padStart(12)} ${median.toFixed(0).padStart(9)}`,
    );
  }
}
const file = join(here, `console${bench.suffix}.json`);
const results = { date: new Date().toISOString(), browser: bench.version, machine, rounds: ROUNDS, rows };
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nThe ratio is to the hand-written wrapper: below 1 is cheaper. Written to ${file}`);
