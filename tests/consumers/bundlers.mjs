// The bundlers that hosts use. Each takes the app and an output folder; none needs a plugin for the package.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const app = join(here, 'app');

/** @param {string} name */
const vite = (name) => async (/** @type {string} */ out) => {
  const { build } = await import(name);
  await build({
    root: app,
    base: './',
    logLevel: 'warn',
    build: { outDir: out, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 10_000 },
  });
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
