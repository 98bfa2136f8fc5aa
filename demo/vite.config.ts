import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The server that reloads the page while one works on it needs scripts and styles of its own; they carry a nonce. */
function policyWhileDeveloping(nonce: string): Plugin {
  return {
    name: 'policy-while-developing',
    apply: 'serve',
    transformIndexHtml: (html) =>
      html
        .replace("script-src 'self'", `connect-src 'self'; script-src 'self' 'nonce-${nonce}'`)
        .replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`),
  };
}

export default defineConfig(({ command }) => {
  const nonce = randomUUID();
  return {
    plugins: [react(), policyWhileDeveloping(nonce)],
    ...(command === 'serve' ? { html: { cspNonce: nonce } } : {}),
    // The recordings stand beside the demo, in the tests' fixtures.
    server: { fs: { allow: ['..'] } },
    optimizeDeps: {
      exclude: [
        // The package is rebuilt while the page is open: take it as it is.
        'lotus-crypto-diag',
        // Finds its WebAssembly beside itself.
        '@matrix-org/matrix-sdk-crypto-wasm',
      ],
    },
    worker: { format: 'es' },
    build: {
      // The polyfill would fetch, which the viewer's policy forbids, and every browser with this WebAssembly preloads.
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: ['index.html', 'viewer.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
      },
    },
  };
});
