// What capture costs per console call, as a ratio to a hand-written wrapper with one RegExp (1.00) in the same run.
// Every variant wraps the same console, whose methods do nothing: only the wrappers are measured. Rounds are
// interleaved, and the median of each variant's rounds is compared.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench } from './page.mjs';

const ROUNDS = 41;

const { page, origin, version, close } = await openBench();
console.log(`Chromium ${version}, ${ROUNDS} interleaved rounds`);

const results = await page.evaluate(
  async ({ rounds, module }) => {
    const lib = await import(module);
    const signatures =
      /already exists|missing key at index|MissingKey|key set not found|io\.element\.call\.encryption_keys|DecryptionError|update_delayed_event|delayed event/;

    /** The runbook's own design. */
    const handWritten = (/** @type {any} */ original) => {
      /** @type {any[]} */
      const kept = [];
      return (/** @type {any[]} */ ...args) => {
        const text = args
          .map((arg) => {
            if (typeof arg === 'string') return arg;
            if (arg instanceof Error) return arg.stack ?? arg.message;
            try {
              return JSON.stringify(arg);
            } catch {
              return String(arg);
            }
          })
          .join(' ');
        const match = signatures.exec(text);
        if (match) {
          kept.push({ ts: new Date().toISOString(), signature: match[0], message: text });
          if (kept.length > 200) kept.shift();
        }
        original(...args);
      };
    };

    const silent = () => {};
    /** @type {Record<string, any>} */
    const variants = {
      floor: (/** @type {any[]} */ ...args) => silent.apply(undefined, /** @type {any} */ (args)),
      hand: handWritten(silent),
    };
    console.warn = silent;
    lib.installCryptoDiagLog();
    variants['ours'] = console.warn;

    const error = () => new Error('Network local timeout error, immediate retry');
    const refusal = (/** @type {number} */ i) =>
      `Failed to process outgoing request ${i}: M_UNKNOWN: MatrixError: [400] One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4","signatures":{"@co1795475452551:lab.local":{"ed25519:OEACBWGMLM":"HP3LBsLsFiYIIUfGbTKeBCF0VidXG1H/3vZiY7f6jkc0LGVNC6PSzfieW2EE/ZlpjxmHaSW1rmKO0bDheFCBBw"}}}; new key: {'key': 'Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg', 'signatures': {'@co1795475452551:lab.local': {'ed25519:OEACBWGMLM': 'DCei67kxcytqz1acufn2H/5yUvhYw79vG2pSIq533MN3nUNEXb8npVTmM0XNr6VAt2jfPnY3G89yAxTNwnHWCg'}}} (http://127.0.0.1:8069/_matrix/client/v3/keys/upload)`;
    const nested = { event: { content: { body: 'hello', list: Array.from({ length: 20 }, (_, i) => ({ id: i })) } } };
    /** @type {Record<string, [number, (i: number) => any[]]>} */
    const workloads = {
      '80 characters, no match': [
        20_000,
        (i) => [`Adding default global override push rule .org.matrix.msc3786.rule number ${i % 10} xx`],
      ],
      '2 kB, no match': [5000, (i) => [`${i % 10}${'lorem ipsum dolor sit amet '.repeat(75)}`]],
      'printf-style': [20_000, (i) => ['sync %s took %d ms in %o', 'ok', i, 'room']],
      'an Error': [2000, () => ['sync', '/sync error', error()]],
      'a nested object': [2000, () => ['event', nested]],
      'a refusal, again and again': [1000, (i) => [refusal(i % 3)]],
    };

    const median = (/** @type {number[]} */ values) =>
      [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
    return Object.entries(workloads).map(([name, [calls, line]]) => {
      /** @type {Record<string, number[]>} */
      const times = Object.fromEntries(Object.keys(variants).map((variant) => [variant, []]));
      const lines = Array.from({ length: calls }, (_, i) => line(i));
      for (let round = -3; round < rounds; round++) {
        for (const [variant, method] of Object.entries(variants)) {
          const start = performance.now();
          for (const args of lines) method(...args);
          if (round >= 0) times[variant]?.push(((performance.now() - start) * 1e6) / calls);
        }
      }
      const [floor, hand, ours] = ['floor', 'hand', 'ours'].map((variant) => median(times[variant] ?? []));
      const spread = (times['ours'] ?? [])
        .map((time, i) => time / (times['hand']?.[i] ?? Number.NaN))
        .sort((a, b) => a - b);
      return {
        name,
        floor,
        hand,
        ours,
        ratio: Number(ours) / Number(hand),
        quartiles: [spread[spread.length >> 2], spread[(spread.length * 3) >> 2]],
      };
    });
  },
  { rounds: ROUNDS, module: `${origin}/index.js` },
);
await close();

console.log(`\n${'workload'.padEnd(30)}${'ratio'.padStart(7)}  quartiles    ours ns  hand-written ns  floor ns`);
for (const { name, ratio, quartiles, ours, hand, floor } of results) {
  const [low, high] = quartiles.map((value) => Number(value).toFixed(2));
  const times = [ours, hand, floor].map((value) => Number(value).toFixed(0));
  console.log(
    `${name.padEnd(30)}${ratio.toFixed(2).padStart(7)}  ${low}-${high}  ${times[0]?.padStart(8)} ${times[1]?.padStart(16)} ${times[2]?.padStart(9)}`,
  );
}
const file = join(dirname(fileURLToPath(import.meta.url)), 'console.json');
writeFileSync(
  file,
  `${JSON.stringify({ date: new Date().toISOString(), browser: version, rounds: ROUNDS, results }, null, 2)}\n`,
);
console.log(`\nThe ratio is to the hand-written wrapper: below 1 is cheaper. Written to ${file}`);
