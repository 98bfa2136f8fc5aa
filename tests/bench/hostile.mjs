// What a deliberately expensive line costs, by its length: twice the length must take twice the time. Each line is
// evidence, so it is read; each is different, so none is recognised as a repeat.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openBench } from './page.mjs';

const REFUSAL =
  'Old key: {"key":"1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4","signatures":{"@a:lab.local":{"ed25519:OEACBWGMLM":"x"}}}; ';
/** Each is repeated to the end of the line. The first two are for comparison. */
const UNITS = [
  REFUSAL,
  'lorem ipsum ',
  'k:',
  'key:',
  'token:(',
  'eyJ-',
  '%2522',
  '[MembershipManager] while sending event (',
  '1,',
];
const KIB = [1, 2, 4, 8, 16];

const bench = await openBench();
/** @type {Record<string, number[]>} milliseconds by length */
const measured = await bench.page.evaluate(
  async ([module, units, kib]) => {
    console.warn = () => {};
    const lib = await import(module);
    lib.installCryptoDiagLog();
    let number = 0;
    /** Milliseconds per line, the median of rounds that last some milliseconds each. */
    const cost = async (/** @type {string} */ unit, /** @type {number} */ length) => {
      const filler = unit.repeat(length / unit.length);
      const times = [];
      let calls = 1;
      for (let round = 0; round < 9; ) {
        const lines = Array.from({ length: calls }, () => `${number++} already exists ${filler}`);
        const start = performance.now();
        for (const line of lines) console.warn(line);
        const ms = performance.now() - start;
        if (ms < 5 && calls < 4096) calls *= 2;
        else round = times.push(ms / calls);
        await new Promise((resolve) => setTimeout(resolve));
      }
      return times.sort((a, b) => a - b)[4] ?? Number.NaN;
    };
    /** @type {Record<string, number[]>} */
    const rows = {};
    for (const unit of units) {
      const row = [];
      // 64 characters are left for the number and the other text, because a line is cut at 16 KiB.
      for (const length of kib) row.push(await cost(unit, length * 1024 - 64));
      rows[unit] = row;
    }
    return rows;
  },
  /** @type {const} */ ([`${bench.origin}/index.js`, UNITS, KIB]),
);
await bench.close();

console.log(`${bench.version}: milliseconds a line, and to half its length`);
console.log(`${'repeated'.padEnd(44)}${KIB.map((kib) => `${kib} KiB`.padStart(16)).join('')}`);
for (const [unit, row] of Object.entries(measured)) {
  const cells = row.map((ms, at) => {
    const ratio = at > 0 ? ` (${(ms / (row[at - 1] ?? Number.NaN)).toFixed(2)})` : '';
    return `${ms.toFixed(3)}${ratio}`.padStart(16);
  });
  console.log(`${unit.slice(0, 40).padEnd(44)}${cells.join('')}`);
}
const file = join(import.meta.dirname, 'hostile.json');
writeFileSync(file, `${JSON.stringify({ browser: bench.version, kib: KIB, measured }, null, 2)}\n`);
console.log(`Written to ${file}`);
