// The memory that capture holds with a full buffer of the longest lines, and after a million lines that matched.
// Measured after a garbage collection; WebAssembly memory and JavaScript heap separately.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openBench, rounds } from './page.mjs';

/** A round is ten thousand lines. */
const MILLION = rounds(100) * 10_000;

const bench = await openBench();
const session = await bench.page.context().newCDPSession(bench.page);
await session.send('HeapProfiler.enable');
await bench.page.evaluate(async (module) => {
  // The package does not expose its memory: take it from the instance.
  const { Instance } = WebAssembly;
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      /** @param {any[]} args */
      constructor(...args) {
        super(.../** @type {[any]} */ (args));
        // Found by type, because its export name is minified.
        const memory = Object.values(this.exports).find((own) => own instanceof WebAssembly.Memory);
        Object.assign(window, { memory });
      }
    }
  );
  console.warn = () => {};
  console.error = () => {};
  const lib = await import(module);
  lib.installCryptoDiagLog();
  Object.assign(window, { lib });
}, `${bench.origin}/index.js`);

async function measureMemory() {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const wasm = await bench.page.evaluate(() => /** @type {any} */ (window).memory?.buffer.byteLength ?? 0);
  return { heapMB: usedSize / 1e6, wasmMB: wasm / 1e6 };
}

/** @param {number} count @param {number} length */
const log = (count, length) =>
  bench.page.evaluate(
    async ([count, length]) => {
      // Every line is different: none is merged into another, and each displaces the oldest.
      for (let i = 0; i < count; i++) {
        console.warn(`${i} ${'x'.repeat(length)} already exists`);
        if (i % 20_000 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    },
    /** @type {const} */ ([count, length]),
  );

const rows = [{ state: 'idle', ...(await measureMemory()) }];
await log(200, 16_300);
rows.push({ state: '200 entries of 16 KiB', ...(await measureMemory()) });
for (let part = 1; part <= 4; part++) {
  await log(MILLION / 4, 700);
  rows.push({ state: `and ${part / 4} million lines of 700 characters that matched`, ...(await measureMemory()) });
}
await bench.close();

console.log(`${bench.version}\n\n${''.padEnd(58)}JavaScript MB   WebAssembly MB`);
for (const { state, heapMB, wasmMB } of rows) {
  console.log(`${state.padEnd(58)}${heapMB.toFixed(2).padStart(13)}${wasmMB.toFixed(2).padStart(17)}`);
}
const file = join(import.meta.dirname, 'memory.json');
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows }, null, 2)}\n`);
console.log(`\nWritten to ${file}`);
