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
  // Those that wasm-bindgen gives are made of hashes, which stand in the glue once more, and gzip has no use for.
  '--minify-imports-and-exports-and-modules',
  // For tools, which are done with it.
  '--strip-target-features',
  '--strip-producers',
];
const wasmOpt = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');

/**
 * @param {string} built
 * @param {string} wasm where it goes
 * @param {string[]} [more] flags
 * @returns {Record<string, string>} the short names of its imports, their modules and its exports, by those they had
 */
export function optimise(built, wasm, more = []) {
  const flags = [...FLAGS, ...more, ...FEATURES.map((feature) => `--enable-${feature}`)];
  const said = execFileSync(process.execPath, [wasmOpt, built, ...flags, '-o', wasm], { encoding: 'utf8' });
  /** @type {{ imports: string[][]; exports: string[][] }} */
  const { imports, exports } = JSON.parse(said);
  // `a` is what it calls the one module that it makes of all of them: with two, one would hide the other.
  const modules = new Set(imports.map(([module]) => module));
  if (modules.size > 1) throw new Error(`${built} imports from more than the glue: ${[...modules].join(', ')}`);
  const names = [...imports.map(([, name, short]) => [name, short]), ...exports];
  return Object.fromEntries([...names, ...[...modules].map((module) => [module, 'a'])]);
}
