// The page in which the variants of `variants.js` are measured, each in its own frame.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
/** @type {typeof import('esbuild')} */
const { build } = createRequire(join(here, '../../pkg-glue/package.json'))('esbuild');

/**
 * Bundles the variants.
 *
 * @returns {Promise<(path: string, response: import('node:http').ServerResponse) => boolean>} serves them
 */
export async function bundleVariants() {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'variants.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    charset: 'utf8',
    outdir: '/bench',
    write: false,
    nodePaths: [join(here, 'peers/node_modules')],
    alias: { 'lotus-crypto-diag': join(here, '../../pkg-glue/dist/index.js') },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const frame = '<!doctype html><script type="module" src="/bench/variants.js"></script>';
  return (path, response) => {
    const file = files.get(path);
    if (file !== undefined) response.setHeader('content-type', 'text/javascript; charset=utf-8');
    if (path === '/frame.html') response.setHeader('content-type', 'text/html');
    if (file === undefined && path !== '/frame.html' && !path.startsWith('/nowhere')) return false;
    response.end(file ?? (path === '/frame.html' ? frame : ''));
    return true;
  };
}

/**
 * Runs in the page: nanoseconds per call of each round, by workload and variant.
 *
 * @param {{ names: string[], rounds: number, roundMs: number, real?: boolean }} options `roundMs`: approximate duration
 * of a round of one variant; `real`: whether to use the browser's own console
 */
export async function measure({ names, rounds, roundMs, real = false }) {
  /** @type {Record<string, any>} */
  const frames = {};
  for (const name of names) {
    const frame = document.createElement('iframe');
    frame.src = '/frame.html';
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve));
    frames[name] = frame.contentWindow;
    await frames[name].install(name, real);
  }
  // The package considers an app started 3 seconds after its load event. Until then it also checks for each line
  // whether the stack has room.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  /** @type {Record<string, Record<string, number[]>>} */
  const results = {};
  for (const workload of frames[String(names[0])].workloads) {
    /** @type {Record<string, number>} */
    const calls = {};
    /** @type {Record<string, number[]>} */
    const times = {};
    for (const name of names) {
      // Warms up, and finds how many calls make a round.
      frames[name].run(workload, 200);
      const ms = Math.max(0.001, frames[name].run(workload, 500));
      calls[name] = Math.round(Math.min(20_000, Math.max(20, (500 * roundMs) / ms)));
      times[name] = [];
    }
    for (let round = -3; round < rounds; round++) {
      for (const name of names) {
        const ns = (frames[name].run(workload, calls[name]) * 1e6) / Number(calls[name]);
        if (round >= 0) times[name]?.push(ns);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    results[workload] = times;
  }
  return results;
}
