// Builds the pages with the package, as a host's bundler would, and serves them on loopback. The first part of the path
// selects the Content Security Policy: /strict/auto.html, /no-wasm/card.html, /auto.html (none).
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

import { answerCall, handleSocket } from './calls.mjs';
import { answerEcho } from './echo.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pages = join(here, 'pages');
const out = join(here, 'dist');

// A second copy of the package in one page: bundlers treat another path as another module.
mkdirSync(join(pages, 'dist'), { recursive: true });
const secondCopy = join(pages, 'dist/second-copy');
cpSync(join(here, '../../pkg-glue/dist'), secondCopy, { recursive: true });

// The fork's SDK and the newest one: pages with a client are built with each.
const SDKS = { '.': 'matrix-js-sdk', 'sdk-newest': 'matrix-js-sdk-newest' };
const WITH_CLIENT = ['client.html', 'gate.html', 'plain.html'];

for (const [folder, sdk] of Object.entries(SDKS)) {
  const { version } = createRequire(import.meta.url)(`${sdk}/package.json`);
  console.log(`Building the pages of the end-to-end tests (matrix-js-sdk ${version})`);
  await build({
    root: pages,
    base: './',
    logLevel: 'warn',
    define: { SDK_VERSION: JSON.stringify(version) },
    resolve: {
      alias: [
        { find: 'second-copy-of-lotus-crypto-diag', replacement: join(secondCopy, 'index.js') },
        { find: /^matrix-js-sdk(?=\/|$)/, replacement: sdk },
      ],
    },
    esbuild: { jsx: 'automatic' },
    build: {
      outDir: join(out, folder),
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 10_000,
      rollupOptions: {
        input: readdirSync(pages)
          .filter((name) => (folder === '.' ? name.endsWith('.html') : WITH_CLIENT.includes(name)))
          .map((name) => join(pages, name)),
      },
    },
  });
}

console.log('Building the demo, and the viewer as one file');
for (const [folder, mode] of Object.entries({ demo: 'production', viewer: 'single-file' })) {
  await build({
    root: join(here, '../../demo'),
    configFile: join(here, '../../demo/vite.config.ts'),
    mode,
    base: './',
    logLevel: 'warn',
    build: { outDir: join(out, folder), emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
  });
}

const POLICIES = {
  strict: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  'no-wasm': "default-src 'self'; script-src 'self'",
};
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(request, response) {
  if ((await answerEcho(request, response)) || (await answerCall(request, response))) return;
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, first = '', ...rest] = pathname.split('/');
  const policy = POLICIES[/** @type {keyof typeof POLICIES} */ (first)];
  const path = normalize(policy ? rest.join('/') : pathname.slice(1));
  try {
    if (path.startsWith('..')) throw new Error('outside');
    const body = await readFile(join(out, path));
    response.setHeader('content-type', TYPES[/** @type {keyof typeof TYPES} */ (extname(path))] ?? 'text/plain');
    if (policy) response.setHeader('content-security-policy', policy);
    response.end(body);
  } catch {
    response.statusCode = 404;
    response.end();
  }
}

/** @param {string} address */
const listen = (address) =>
  new Promise((resolve) =>
    createServer((request, response) => {
      // Reading the body fails if the page goes away during its upload; the other tests' pages must still be served.
      answer(request, response).catch(() => response.destroy());
    })
      .on('upgrade', handleSocket)
      .listen(4199, address, () => resolve(undefined)),
  );

// Each address is a separate origin, for tests that share a browser but not its storage.
await Promise.all(Array.from({ length: 64 }, (_, at) => listen(`127.0.0.${at + 1}`)));
console.log('Serving them on http://127.0.0.1:4199');
