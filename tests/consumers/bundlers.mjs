// The bundlers that hosts use. Each takes the app and an output folder; none needs a plugin for the package.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const app = join(here, 'app');

/**
 * @param {string} name
 * @param {object[]} [plugins]
 * @param {object} [output] options of Rollup's or Rolldown's output
 */
const vite = (name, plugins, output) => async (/** @type {string} */ out) => {
  const { build } = await import(name);
  await build({
    root: app,
    base: './',
    logLevel: 'warn',
    plugins,
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 10_000,
      rollupOptions: output && { output },
    },
  });
};

/** Builds with the package's plugin. */
const withPlugin = (/** @type {string} */ name, /** @type {object} */ output) => async (/** @type {string} */ out) => {
  const { cryptoDiagChunk } = await import('lotus-crypto-diag/vite');
  await vite(name, [cryptoDiagChunk()], output)(out);
};

/** @param {string} out */
function page(out) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'index.html'), readFileSync(join(app, 'index.html'), 'utf8'));
}

/** @type {Record<string, (out: string) => Promise<void>>} */
export const BUNDLERS = {
  'Vite 5': vite('vite-5'),
  'Vite 8': vite('vite-8'),
  'webpack 5': async (out) => {
    page(out);
    const config = {
      context: app,
      entry: './main.js',
      mode: 'production',
      performance: { hints: false },
      output: { path: out, filename: 'main.js' },
    };
    const stats = await new Promise((resolve, reject) => {
      require('webpack')(config, (/** @type {unknown} */ error, /** @type {any} */ result) =>
        error ? reject(error) : resolve(result),
      );
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'));
  },
  esbuild: async (out) => {
    page(out);
    const { warnings } = await esbuild({
      entryPoints: [join(app, 'main.js')],
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      target: 'es2022',
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    if (warnings.length > 0) throw new Error(JSON.stringify(warnings));
  },
};

/** Development servers, which serve the package to the browser in their own way. */
export const DEV_SERVERS = { 'Vite 5': 'vite-5', 'Vite 8': 'vite-8' };

/** Builds with the package's plugin, into several files, and in each way into a single one. */
export const PLUGIN = {
  'Vite 5': {
    build: withPlugin('vite-5', {}),
    single: {
      inlineDynamicImports: withPlugin('vite-5', { inlineDynamicImports: true }),
      iife: withPlugin('vite-5', { format: 'iife' }),
    },
  },
  'Vite 8': {
    build: withPlugin('vite-8', {}),
    single: {
      codeSplitting: withPlugin('vite-8', { codeSplitting: false }),
      iife: withPlugin('vite-8', { format: 'iife' }),
    },
  },
};
