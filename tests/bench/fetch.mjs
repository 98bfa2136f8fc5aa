// What the watch on uploads costs every other request: over a `fetch` that does nothing, compared with a pass-through
// wrapper and with Sentry's; and over the real `fetch` on loopback. Rounds are interleaved, medians compared.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBench, rounds, spread } from './page.mjs';

const ROUNDS = rounds(41);

const here = dirname(fileURLToPath(import.meta.url));
/** @type {typeof import('esbuild')} */
const { build } = createRequire(join(here, '../../pkg-glue/package.json'))('esbuild');
const { outputFiles } = await build({
  stdin: {
    contents: `import { breadcrumbsIntegration, init } from '@sentry/browser';
      init({ dsn: 'http://none@' + location.host + '/1', defaultIntegrations: false,
        integrations: [breadcrumbsIntegration({ console: false, dom: false, fetch: true, history: false, xhr: false })],
        transport: () => ({ send: async () => ({}), flush: async () => true }), beforeSend: () => null });`,
    resolveDir: join(here, 'peers'),
  },
  bundle: true,
  minify: true,
  format: 'esm',
  write: false,
});
const bench = await openBench((path, response) => {
  if (path === '/sentry.js') {
    response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text);
    return true;
  }
  if (!path.startsWith('/api')) return false;
  response.end('ok');
  return true;
});
console.log(`${bench.version}, ${ROUNDS} interleaved rounds`);

const results = await bench.page.evaluate(
  async ({ rounds, module, sentry }) => {
    const lib = await import(module);
    const real = window.fetch.bind(window);
    const settled = Promise.resolve(new Response(''));
    const stub = () => settled;

    /** @type {(inner: any) => any} */
    const passThrough = (inner) =>
      /** @this {any} */
      function fetch() {
        // biome-ignore lint/complexity/noArguments: this baseline must be as cheap as possible.
        return Reflect.apply(inner, this, arguments);
      };
    /** @type {(inner: any) => { wrapper: any, undo: () => void }} */
    const watched = (inner) => {
      window.fetch = inner;
      const undo = lib.watchKeyUploads();
      if (window.fetch === inner) throw new Error('fetch is not watched');
      return { wrapper: window.fetch, undo };
    };

    const body = JSON.stringify({ a: 'x'.repeat(500) });
    const url = 'https://hs.example.org/_matrix/client/v3/rooms/!r:hs/send/m.room.message/1';
    const upload = JSON.stringify({
      one_time_keys: Object.fromEntries(
        Array.from({ length: 50 }, (_, i) => [
          `signed_curve25519:AAAAAAAAA${i}`,
          { key: 'k'.repeat(43), signatures: {} },
        ]),
      ),
    });
    /** @type {Record<string, { calls: number, real?: boolean, args: any[] }>} */
    const workloads = {
      'GET of a string': { calls: 200_000, args: ['https://hs.example.org/_matrix/client/v3/sync?timeout=30000'] },
      'GET of a Request': { calls: 200_000, args: [new Request('https://hs.example.org/_matrix/client/v3/sync')] },
      'GET with options': { calls: 200_000, args: [url, { method: 'GET', headers: {} }] },
      'PUT of a string': { calls: 200_000, args: [url, { method: 'PUT', body }] },
      'POST of a string': { calls: 200_000, args: [url.replace('send', 'read_markers'), { method: 'POST', body }] },
      'POST of a URL': { calls: 200_000, args: [new URL(url), { method: 'POST', body }] },
      'GET on loopback': { calls: 50, real: true, args: ['/api'] },
      'keys/upload on loopback': {
        calls: 30,
        real: true,
        args: ['/api/_matrix/client/v3/keys/upload', { method: 'POST', body: upload }],
      },
    };

    window.fetch = /** @type {any} */ (stub);
    await import(sentry);
    const ofSentry = window.fetch;
    const tables = [];
    for (const inner of [stub, real]) {
      const { wrapper, undo } = watched(inner);
      /** @type {Record<string, any>} */
      const variants = { bare: inner, passThrough: passThrough(inner), ours: wrapper };
      if (inner === stub) variants['sentry'] = ofSentry;
      for (const [name, { calls, args, ...rest }] of Object.entries(workloads)) {
        if ((rest.real === true) !== (inner === real)) continue;
        /** @type {Record<string, number[]>} */
        const times = { bare: [], passThrough: [], ours: [], sentry: [] };
        for (let round = -3; round < rounds; round++) {
          for (const [variant, call] of Object.entries(variants)) {
            // Sentry's wrapper is so much slower that a hundredth of the calls is enough; the pause lets its deferred
            // work finish before the next round.
            const count = variant === 'sentry' ? calls / 100 : calls;
            const start = performance.now();
            if (rest.real) for (let i = 0; i < count; i++) await (await call(...args)).text();
            else for (let i = 0; i < count; i++) call(...args);
            if (round >= 0) times[variant]?.push(((performance.now() - start) * 1e6) / count);
            if (variant === 'sentry') await new Promise((resolve) => setTimeout(resolve));
          }
        }
        tables.push({ name, times });
      }
      undo();
    }
    return tables;
  },
  { rounds: ROUNDS, module: `${bench.origin}/index.js`, sentry: `${bench.origin}/sentry.js` },
);
await bench.close();

console.log(
  `\n${'request'.padEnd(26)}${'ratio'.padStart(7)}  quartiles    ours ns  pass-through ns   bare ns   added ns  to Sentry's`,
);
const rows = results.map(({ name, times }) => {
  const { ours = [], passThrough = [], bare = [], sentry = [] } = times;
  const [mine, pass, plain] = [ours, passThrough, bare].map((values) => spread(values).median);
  const ratio = spread(ours.map((time, round) => time / (passThrough[round] ?? Number.NaN)));
  const added = Number(mine) - Number(pass);
  const toSentry = sentry.length === 0 ? null : added / (spread(sentry).median - Number(pass));
  return { name, ratio, ours: mine, passThrough: pass, bare: plain, added, toSentry };
});
for (const { name, ratio, ours, passThrough, bare, added, toSentry } of rows) {
  const times = [ours, passThrough, bare, added].map((ns) => Number(ns).toFixed(0));
  console.log(
    `${name.padEnd(26)}${ratio.median.toFixed(2).padStart(7)}  ${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}  ${times[0]?.padStart(8)} ${times[1]?.padStart(16)} ${times[2]?.padStart(9)} ${times[3]?.padStart(10)}  ${toSentry?.toFixed(4) ?? ''}`,
  );
}
const file = join(here, `fetch${bench.suffix}.json`);
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows }, null, 2)}\n`);
console.log(`\nThe ratio is to a wrapper that only passes through. Written to ${file}`);
