// Bundles the package: the wasm goes into the JavaScript, so that it is there, synchronously, with the first import.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const modules = ['capture', 'diagnosis'].map((name) => ({
  name,
  wasm: join(here, `wasm/${name}/lotus_crypto_diag_bg.wasm`),
}));
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

// `--all-features` would emit what Chromium refuses; these are what rustc's target has on.
const FEATURES = [
  'bulk-memory',
  'mutable-globals',
  'nontrapping-float-to-int',
  'sign-ext',
  'reference-types',
  'multivalue',
];
const wasmOpt = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');
for (const { wasm } of modules) {
  const flags = ['-Oz', ...FEATURES.map((feature) => `--enable-${feature}`)];
  execFileSync(process.execPath, [wasmOpt, wasm, ...flags, '-o', `${wasm}.opt`], { stdio: 'inherit' });
  renameSync(`${wasm}.opt`, wasm);
}

rmSync(join(here, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: ['index', 'auto', 'diagnosis', 'react/index'].map((name) => join(here, `src/${name}.ts`)),
  outdir: join(here, 'dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  jsx: 'automatic',
  loader: { '.wasm': 'binary' },
  external: ['react', 'react/jsx-runtime', 'folds'],
  define: { __VERSION__: JSON.stringify(version) },
  chunkNames: 'chunk-[hash]',
  logLevel: 'warning',
});
mkdirSync(join(here, 'schema'), { recursive: true });
copyFileSync(join(here, '../LICENSE'), join(here, 'LICENSE'));

const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const { name, wasm } of modules) {
  console.log(`wasm, ${name}: ${kib(statSync(wasm).size)}, gzip ${kib(gzipSync(readFileSync(wasm)).length)}`);
}
