// What a page pays at boot, from the evaluation of the package's module to the wrapped console, and for a report of a full
// buffer. The peer is what a module beside the script would cost: a streaming compilation of the same WebAssembly.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench, spread } from './page.mjs';

const LOADS = 40;

const here = dirname(fileURLToPath(import.meta.url));
const glue = join(here, '../../pkg-glue');
/** @type {typeof import('esbuild')} */
const { build } = createRequire(join(glue, 'package.json'))('esbuild');
/** @param {string} contents */
const bundle = async (contents) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(glue, 'dist') },
    bundle: true,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};
// Modules run in the order of their imports, in a bundle as well.
const files = new Map([
  [
    '/boot.js',
    await bundle(
      `import 'data:text/javascript,globalThis.began = performance.now()'; import './auto.js'; globalThis.took = performance.now() - globalThis.began;`,
    ),
  ],
  ['/report.js', await bundle(`export * from './index.js'`)],
]);
const wasm = readFileSync(join(glue, 'wasm/capture/optimised.wasm'));

const bench = await openBench((path, response) => {
  const file = files.get(path);
  if (file !== undefined) response.setHeader('content-type', 'text/javascript; charset=utf-8').end(file);
  else if (path.startsWith('/module.wasm')) response.setHeader('content-type', 'application/wasm').end(wasm);
  else if (path === '/boot.html') {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><script type="module" src="/boot.js"></script>');
  } else return false;
  return true;
});
console.log(`Chromium ${bench.version}, ${LOADS} loads`);

const boot = [];
const streaming = [];
for (let load = -3; load < LOADS; load++) {
  await bench.page.goto(`${bench.origin}/boot.html`);
  const [took, streamed] = await bench.page.evaluate(async () => {
    const start = performance.now();
    await WebAssembly.compileStreaming(fetch(`/module.wasm?${Math.random()}`));
    return [/** @type {any} */ (globalThis).took, performance.now() - start];
  });
  if (load < 0) continue;
  boot.push(took);
  streaming.push(streamed);
}
const report = await bench.page.evaluate(async (module) => {
  const lib = await import(module);
  lib.installCryptoDiagLog();
  console.warn = (
    (warn) =>
    (/** @type {any[]} */ ...args) =>
      warn.apply(console, args)
  )(console.warn);
  for (let i = 0; i < 200; i++) console.warn(`${i} ${'x'.repeat(690)} already exists`);
  const times = [];
  for (let i = -3; i < 40; i++) {
    const start = performance.now();
    const text = lib.buildCryptoDiagReport(null);
    if (i >= 0) times.push(performance.now() - start);
    if (JSON.parse(text).entries.length !== 200) throw new Error('the buffer is not full');
  }
  return times;
}, `${bench.origin}/report.js`);
await bench.close();

const rows = Object.entries({
  'console wrapped': boot,
  'the same module, compiled while it streams from localhost': streaming,
  'a report of 200 entries of 700 characters': report,
}).map(([name, times]) => ({ name, ms: spread(times) }));
console.log(`\n${'milliseconds'.padEnd(60)} median   quartiles`);
for (const { name, ms } of rows) {
  console.log(`${name.padEnd(60)}${ms.median.toFixed(2).padStart(7)}   ${ms.low.toFixed(2)}-${ms.high.toFixed(2)}`);
}
const file = join(here, 'boot.json');
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows }, null, 2)}\n`);
console.log(`\nWritten to ${file}`);
