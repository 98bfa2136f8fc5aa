// The plugin in the configurations of the Vites that hosts use.
import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';
import { defineConfig as defineConfig5 } from 'vite-5';
import { defineConfig as defineConfig8 } from 'vite-8';

export const configs = [
  defineConfig5({ plugins: [cryptoDiagChunk()] }),
  defineConfig8({ plugins: [cryptoDiagChunk()] }),
  // @ts-expect-error: no plugin. Were the types of Vite not found, everything would be allowed.
  defineConfig8({ plugins: [{ apply: 'never' }] }),
];
