// What a page pays at boot: the time from evaluating the package's module to the wrapped console and until everything
// is on, and the delay of its first paint; and the time for a report of a full buffer. For comparison, the cost of a
// module beside the script: the same WebAssembly, instantiated while it streams. Warm: the script comes from the
// browser's cache, as on any visit but the first.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench, rounds, spread } from './page.mjs';

const LOADS = rounds(40);

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
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
};
/** Runs before the package: notes when the second method of the console is replaced. */
const watch = `
const { defineProperty } = Reflect;
Reflect.defineProperty = (target, key, descriptor) => {
  const done = defineProperty(target, key, descriptor);
  if (target === console && key === 'error') globalThis.wrapped = performance.now() - globalThis.began;
  return done;
};
globalThis.began = performance.now();`;
/**
 * Measures how much of the time the browser's own functions take. In a page of its own, because measuring takes time
 * itself; runs before the script above.
 */
const profile = `
const parts = globalThis.parts = { compiled: 0, instantiated: 0 };
const timed = (part, call) => {
  const start = performance.now();
  try {
    return call();
  } finally {
    if (globalThis.wrapped === undefined) parts[part] += performance.now() - start;
  }
};
const watched = (holder, name, part) => {
  holder[name] = new Proxy(holder[name], {
    apply: (method, self, args) => timed(part, () => Reflect.apply(method, self, args)),
    construct: (constructor, args) => timed(part, () => Reflect.construct(constructor, args)),
  });
};
watched(WebAssembly, 'Module', 'compiled');
watched(WebAssembly, 'Instance', 'instantiated');`;
/** @type {(...scripts: string[]) => Promise<string>} */
const boots = (...scripts) => {
  const before = scripts.map((text) => `import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)};`);
  return bundle(`${before.join('')} import './auto.js'; globalThis.on = performance.now() - globalThis.began;`);
};
// Modules run in the order of their imports, also in a bundle.
const files = new Map([
  ['/plain.js', ''],
  ['/boot.js', await boots(watch)],
  ['/profile.js', await boots(profile, watch)],
  ['/report.js', await bundle(`export * from './index.js'`)],
]);
const wasm = readFileSync(join(glue, 'wasm/capture/optimised.wasm'));

const bench = await openBench((path, response) => {
  const file = files.get(path);
  if (file !== undefined) {
    response.setHeader('content-type', 'text/javascript; charset=utf-8').setHeader('cache-control', 'max-age=3600');
    response.end(file);
  } else if (path.startsWith('/module.wasm')) response.setHeader('content-type', 'application/wasm').end(wasm);
  else if (/^\/(boot|plain|profile)\.html$/.test(path)) {
    const script = `<script type="module" src="${path.replace('html', 'js')}"></script>`;
    response.setHeader('content-type', 'text/html').end(`<!doctype html><title>app</title>${script}<p>The app`);
  } else return false;
  return true;
});
console.log(`${bench.version}, ${LOADS} loads`);

/** @type {Record<string, number[]>} */
const boot = { wrapped: [], on: [], streamed: [], paint: [], plainPaint: [], longTasks: [] };
/** @type {Record<string, number[]>} */
const parts = { compiled: [], instantiated: [] };
for (let load = -5; load < LOADS; load++) {
  await bench.page.goto(`${bench.origin}/plain.html`);
  const plainPaint = await bench.page.evaluate(firstPaint);
  await bench.page.goto(`${bench.origin}/boot.html`);
  const paint = await bench.page.evaluate(firstPaint);
  const times = await bench.page.evaluate(async () => {
    const module = await WebAssembly.compileStreaming(fetch('/module.wasm'));
    /** @type {Record<string, Record<string, any>>} */
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: () => {} };
    }
    const start = performance.now();
    await WebAssembly.instantiateStreaming(fetch(`/module.wasm?${Math.random()}`), imports);
    const streamed = performance.now() - start;
    // Only Chromium reports long tasks.
    let longTasks = PerformanceObserver.supportedEntryTypes.includes('longtask') ? 0 : null;
    new PerformanceObserver((list) => {
      longTasks = Number(longTasks) + list.getEntries().length;
    }).observe({ type: 'longtask', buffered: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { wrapped, on } = /** @type {any} */ (globalThis);
    return { wrapped, on, streamed, ...(longTasks !== null && { longTasks }) };
  });
  await bench.page.goto(`${bench.origin}/profile.html`);
  await bench.page.waitForFunction(() => 'on' in globalThis);
  /** @type {Record<string, number>} */
  const durations = await bench.page.evaluate('parts');
  if (load < 0) continue;
  for (const [name, ms] of Object.entries(durations)) parts[name]?.push(ms);
  for (const [name, ms] of Object.entries({ ...times, paint, plainPaint })) boot[name]?.push(ms);
}
const report = await bench.page.evaluate(async (module) => {
  const lib = await import(module);
  lib.installCryptoDiagLog();
  console.warn = (
    (warn) =>
    (/** @type {any[]} */ ...args) =>
      warn.apply(console, args)
  )(console.warn);
  // Lines of every fault, all different.
  const padding = 'x'.repeat(500);
  for (let i = 0; i < 50; i++) {
    const keys = `Old key: {"key":"A${i}"}; new key: {'key': 'B${i}'}`;
    console.warn(`MatrixError: [400] One time key signed_curve25519:AAAA${i} already exists. ${keys} ${padding}`);
    console.warn(`MissingKey: missing key at index ${i} for participant @user${i}:example.org:DEVICE ${padding}`);
    console.warn(`Error decrypting event (id=$${i}): DecryptionError[msg: missing field \`algorithm\`] ${padding}`);
    console.warn(
      `[MatrixRTCSession !r${i}:hs m.call#ROOM][MembershipManager] error updating delayed event: ${padding}`,
    );
  }
  const measure = () => {
    const times = [];
    let text = '';
    for (let i = -3; i < 40; i++) {
      const start = performance.now();
      text = lib.buildCryptoDiagReport(null);
      if (i >= 0) times.push(performance.now() - start);
    }
    return { times, ...JSON.parse(text) };
  };
  const built = measure();
  // Loads the diagnosis module; from then on every report has a diagnosis.
  await lib.collectCryptoDiagReport(null);
  const judged = measure();
  if (built.entries.length !== 200 || built.diagnosis || !judged.diagnosis) throw new Error('not the reports meant');
  return { built: built.times, judged: judged.times };
}, `${bench.origin}/report.js`);
await bench.close();

const { wrapped = [], on = [], streamed = [], paint = [], plainPaint = [], longTasks = [] } = boot;
const rows = Object.entries({
  'console wrapped': wrapped,
  '  of it: the module compiled': parts['compiled'] ?? [],
  '  of it: and instantiated': parts['instantiated'] ?? [],
  'everything of lotus-crypto-diag/auto on': on,
  'the same module, instantiated while it streams from localhost': streamed,
  'first contentful paint of a page with the package': paint,
  'first contentful paint of the page without': plainPaint,
  'a report of 200 entries, of all faults, 600 characters each': report.built,
  'the same with its diagnosis and runbook': report.judged,
}).map(([name, times]) => ({ name, ms: spread(times) }));
const toStreamed = spread(wrapped.map((ms, load) => ms / (streamed[load] ?? Number.NaN)));
console.log(`\n${'milliseconds'.padEnd(60)} median   quartiles`);
for (const { name, ms } of rows) {
  console.log(`${name.padEnd(60)}${ms.median.toFixed(2).padStart(7)}   ${ms.low.toFixed(2)}-${ms.high.toFixed(2)}`);
}
console.log(
  `console wrapped, to streaming: ${toStreamed.median.toFixed(2)}; long tasks: ${longTasks.length ? Math.max(...longTasks) : 'not told'}`,
);
const file = join(here, `boot${bench.suffix}.json`);
writeFileSync(
  file,
  `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows, toStreamed }, null, 2)}\n`,
);
console.log(`\nWritten to ${file}`);

/** The time of the first contentful paint, in milliseconds from the start of the navigation. */
async function firstPaint() {
  for (;;) {
    const [entry] = performance.getEntriesByName('first-contentful-paint');
    if (entry) return entry.startTime;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
