import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import inject from '@rollup/plugin-inject';
import { wasm } from '@rollup/plugin-wasm';
import { vanillaExtractPlugin } from '@vanilla-extract/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { viteStaticCopy } from 'vite-plugin-static-copy';
import topLevelAwait from 'vite-plugin-top-level-await';

// Element Call without its source maps and sounds.
const elementCall = join(
  dirname(createRequire(import.meta.url).resolve('@element-hq/element-call-embedded/package.json')),
  'dist',
);

export default defineConfig({
  publicDir: false,
  plugins: [
    topLevelAwait({ promiseExportName: '__tla', promiseImportName: (index) => `__tla_${index}` }),
    viteStaticCopy({
      targets: [
        { src: `${elementCall}/*.{html,json}`, dest: 'public/element-call' },
        { src: `${elementCall}/assets/*.{js,css,json,wasm,woff2}`, dest: 'public/element-call/assets' },
      ],
    }),
    vanillaExtractPlugin(),
    wasm(),
    react(),
    VitePWA({
      srcDir: 'src',
      filename: 'sw.ts',
      strategies: 'injectManifest',
      injectRegister: false,
      manifest: false,
      injectManifest: { injectionPoint: undefined },
    }),
  ],
  optimizeDeps: { esbuildOptions: { define: { global: 'globalThis' } } },
  build: {
    sourcemap: true,
    copyPublicDir: false,
    chunkSizeWarningLimit: 10_000,
    rollupOptions: { plugins: [inject({ Buffer: ['buffer', 'Buffer'] })] },
  },
});
