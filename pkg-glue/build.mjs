// Bundles the package. The WebAssembly is inlined in the JavaScript, so that it can be instantiated synchronously.
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

import { inlinedWasm } from './inlined-wasm.mjs';
import { lateGlobals } from './late-globals.mjs';
import { optimise } from './optimise.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const modules = ['capture', 'diagnosis', 'viewer'].map((name) => ({
  name,
  built: join(here, `wasm/${name}/lotus_crypto_diag_bg.wasm`),
  wasm: join(here, `wasm/${name}/optimised.wasm`),
}));
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const [, crateVersion] = readFileSync(join(here, '../Cargo.toml'), 'utf8').match(/^version = "(.*)"$/m) ?? [];
if (crateVersion !== version) throw new Error(`the crate is ${crateVersion}, the package is ${version}`);

for (const { built, wasm } of modules) optimise(built, wasm);

// Identifies the WebAssembly in the status and in every report: the version says which it should be, the hash which it
// is.
const captured = readFileSync(join(here, 'wasm/capture/optimised.wasm'));
const hash = createHash('sha256').update(captured).digest('hex').slice(0, 12);

rmSync(join(here, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: ['index', 'auto', 'diagnosis', 'server-evidence', 'react/index'].map((name) =>
    join(here, `src/${name}.ts`),
  ),
  outdir: join(here, 'dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  jsx: 'automatic',
  charset: 'utf8',
  plugins: [lateGlobals, inlinedWasm],
  external: ['react', 'react/jsx-runtime', 'folds'],
  define: { __VERSION__: JSON.stringify(`${version}+wasm.${hash}`) },
  chunkNames: '[name]-[hash]',
  logLevel: 'warning',
});
// The plugin for Vite, in both forms that Vite's configuration may be loaded in.
for (const [format, outfile] of /** @type {const} */ ([
  ['esm', 'dist/vite.js'],
  ['cjs', 'dist/vite.cjs'],
])) {
  const entryPoints = [join(here, 'src/vite.ts')];
  await build({
    entryPoints,
    outfile: join(here, outfile),
    format,
    platform: 'node',
    target: 'node18',
    minifyWhitespace: true,
  });
}
// The command `npx lotus-crypto-diag`, with its dependencies bundled: the host installs nothing else.
await build({
  entryPoints: [join(here, 'install/main.ts')],
  outfile: join(here, 'dist/bin/lotus-crypto-diag.js'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node18',
  minify: true,
  banner: { js: '#!/usr/bin/env node' },
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: 'warning',
});
copyFileSync(join(here, '../LICENSE'), join(here, 'LICENSE'));

const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const { name, wasm } of modules) {
  console.log(`wasm, ${name}: ${kib(statSync(wasm).size)}, gzip ${kib(gzipSync(readFileSync(wasm)).length)}`);
}
