import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
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
});
