// Runs wasm-opt on a module from wasm-bindgen.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// `--all-features` would emit code that Chromium rejects; these are the features that rustc's target enables.
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
  // Assumes nothing uses the first KiB, the far end of the stack: a stack overflow traps slightly earlier.
  '--low-memory-unused',
  // Only tools read these sections, and no tool runs after this.
  '--strip-target-features',
  '--strip-producers',
];
const wasmOpt = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');

/**
 * @param {string} built
 * @param {string} wasm output path
 * @param {string[]} [more] flags
 */
export function optimise(built, wasm, more = []) {
  const flags = [...FLAGS, ...more, ...FEATURES.map((feature) => `--enable-${feature}`)];
  execFileSync(process.execPath, [wasmOpt, built, ...flags, '-o', wasm]);
}
