// The bytes that a page loads, minified and gzipped as a host's bundler does, and which parts they come from.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { inlinedWasm } from '../../pkg-glue/inlined-wasm.mjs';
import { lateGlobals } from '../../pkg-glue/late-globals.mjs';
import { optimise } from '../../pkg-glue/optimise.mjs';
import { wasmParts } from './wasm-parts.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const glue = join(here, '../../pkg-glue');
const { build } = createRequire(join(glue, 'package.json'))('esbuild');

/** The goal for the code that is loaded at boot, in bytes. */
const GOAL = 64_000;
const ENTRIES = {
  'lotus-crypto-diag/auto': 'auto.ts',
  'lotus-crypto-diag': 'index.ts',
  'lotus-crypto-diag/react': 'react/index.ts',
  'lotus-crypto-diag/diagnosis': 'diagnosis.ts',
  'lotus-crypto-diag/server-evidence': 'server-evidence.ts',
};

/** @param {Uint8Array} bytes */
const sizes = (bytes) => ({
  minified: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes).length,
});

/**
 * @param {string} entry
 * @param {boolean} [isWithout] without the WebAssembly
 */
async function bundle(entry, isWithout = false) {
  const result = await build({
    entryPoints: [join(glue, 'src', entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    write: false,
    metafile: true,
    splitting: true,
    outdir: 'out',
    loader: { '.wasm': 'empty' },
    plugins: isWithout ? [lateGlobals] : [lateGlobals, inlinedWasm],
    external: ['react', 'react/jsx-runtime', 'folds'],
    define: { __VERSION__: '"0.0.0+wasm.000000000000"' },
    logLevel: 'warning',
  });
  // Only what the entry loads at once; dynamic imports are separate outputs.
  const { outputs } = result.metafile;
  const first = Object.keys(outputs).find((name) => outputs[name].entryPoint);
  const loaded = new Set();
  const load = (/** @type {string} */ name) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const { path, kind, external } of outputs[name].imports) {
      if (kind === 'import-statement' && !external) load(path);
    }
  };
  load(String(first));
  const files = result.outputFiles.filter((/** @type {any} */ { path }) =>
    [...loaded].some((name) => path.endsWith(name)),
  );
  const bytes = Buffer.concat(files.map((/** @type {any} */ { contents }) => contents));
  /** @type {Record<string, number>} */
  const parts = {};
  for (const name of loaded) {
    for (const [input, { bytesInOutput }] of Object.entries(outputs[name].inputs)) {
      parts[input] = (parts[input] ?? 0) + /** @type {any} */ (bytesInOutput);
    }
  }
  return { bytes, parts };
}

const pad = (/** @type {number} */ number) => String(number).padStart(9);
const results = [];
console.log(`${'entry, with all it loads at once'.padEnd(34)}  minified     gzip   brotli`);
for (const [name, entry] of Object.entries(ENTRIES)) {
  const { bytes } = await bundle(entry);
  const measured = sizes(bytes);
  results.push({ name, ...measured });
  console.log(`${name.padEnd(34)}${pad(measured.minified)}${pad(measured.gzip)}${pad(measured.brotli)}`);
}

const wasm = readFileSync(join(glue, 'wasm/capture/optimised.wasm'));
const { bytes: script, parts } = await bundle('auto.ts', true);
console.log('\nof which, at boot');
for (const [name, bytes] of /** @type {const} */ ([
  ['the WebAssembly, as a file', wasm],
  ['the JavaScript without it', script],
])) {
  const { minified, gzip, brotli } = sizes(bytes);
  console.log(`${name.padEnd(34)}${pad(minified)}${pad(gzip)}${pad(brotli)}`);
}
console.log('\nthe JavaScript by file, minified');
for (const [file, bytes] of Object.entries(parts).sort(([, a], [, b]) => b - a)) {
  if (bytes > 50) console.log(`${pad(bytes)}  ${basename(file)}`);
}

// The released module has no function names: a copy that keeps them is optimised in the same way.
const named = join(glue, 'wasm/capture/named.wasm');
optimise(join(glue, 'wasm/capture/lotus_crypto_diag_bg.wasm'), named, ['-g']);
const functions = wasmParts(readFileSync(named));
rmSync(named);
console.log('\nthe WebAssembly by module of the crate, before compression');
for (const [part, bytes] of Object.entries(functions).sort(([, a], [, b]) => b - a)) {
  if (bytes > 100) console.log(`${pad(bytes)}  ${part}`);
}

const boot = results[0]?.gzip ?? Number.NaN;
console.log(`\nAt boot ${(boot / 1000).toFixed(1)} kB gzip; the goal is ${GOAL / 1000}.`);
writeFileSync(
  join(here, 'size.json'),
  `${JSON.stringify({ date: new Date().toISOString(), goal: GOAL, wasm: sizes(wasm), script: sizes(script), parts, functions, entries: results }, null, 2)}\n`,
);
