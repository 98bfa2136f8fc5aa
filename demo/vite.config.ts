import { createHash, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

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

/** The viewer as one file, which opens from the disk. */
const SINGLE_FILE = 'lotus-crypto-diag-viewer.html';

/** Its policy allows exactly the script and the style in it, by their hashes. */
const policyOfTheSingleFile: Plugin = {
  name: 'policy-of-the-single-file',
  enforce: 'post',
  transformIndexHtml: (html) =>
    html
      .replace("script-src 'self'", "script-src 'sha256-of-script'")
      .replace("style-src 'self'", "style-src 'sha256-of-style'")
      .replace("worker-src 'self' ", 'worker-src '),
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      for (const page of Object.values(bundle)) {
        if (page.type !== 'asset') continue;
        const html = String(page.source);
        page.source = html.replace(/sha256-of-(script|style)/g, (_, tag) => {
          const [, text = ''] = new RegExp(`<${tag}\\b[^>]*>(.*?)</${tag}>`, 's').exec(html) ?? [];
          return `sha256-${createHash('sha256').update(text).digest('base64')}`;
        });
      }
    },
  },
};

export default defineConfig(({ command, mode }) => {
  const nonce = randomUUID();
  const isSingleFile = mode === 'single-file';
  const pages = isSingleFile ? ['viewer.html'] : ['index.html', 'viewer.html'];
  return {
    plugins: [
      react(),
      policyWhileDeveloping(nonce),
      ...(isSingleFile ? [viteSingleFile({ outputFileName: SINGLE_FILE }), policyOfTheSingleFile] : []),
    ],
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
    build: {
      outDir: isSingleFile ? 'dist/single-file' : 'dist',
      // The polyfill would fetch, which the viewer's policy forbids, and every browser with this WebAssembly preloads.
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: pages.map((page) => fileURLToPath(new URL(page, import.meta.url))),
      },
    },
  };
});
