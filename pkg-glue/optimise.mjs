// What wasm-opt makes of a module that wasm-bindgen wrote.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// `--all-features` would emit what Chromium refuses; these are what rustc's target has on.
const FEATURES = [
  'bulk-memory',
  'mutable-globals',
  'nontrapping-float-to-int',
  'sign-ext',
  'reference-types',
  'multivalue',
];
const FLAGS = [
  '-Oz',
  // The first KiB is the far end of the stack: who comes there has run out of it, and traps a little earlier.
  '--low-memory-unused',
  // For tools, which are done with it.
  '--strip-target-features',
  '--strip-producers',
];
const wasmOpt = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');

/**
 * @param {string} built
 * @param {string} wasm where it goes
 * @param {string[]} [more] flags
 */
export function optimise(built, wasm, more = []) {
  const flags = [...FLAGS, ...more, ...FEATURES.map((feature) => `--enable-${feature}`)];
  execFileSync(process.execPath, [wasmOpt, built, ...flags, '-o', wasm]);
}
