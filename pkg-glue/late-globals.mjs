// The glue of wasm-bindgen as the package needs it: with nothing in it that can throw while it is imported.
import { readFileSync } from 'node:fs';
import { transform } from 'esbuild';

/**
 * The glue makes these when it is imported, and an exception there would stop the host's entry module. So they are made
 * when they are used; then it is caught.
 */
const banner = `
class LateDecoder {
  constructor(...args) { this.args = args; }
  decode(bytes) { return bytes ? (this.made ??= new TextDecoder(...this.args)).decode(bytes) : ''; }
}
class LateEncoder {
  encode(text) { return (this.made ??= new TextEncoder()).encode(text); }
  encodeInto(text, bytes) { return (this.made ??= new TextEncoder()).encodeInto(text, bytes); }
}
`;
// What is made of the module is freed by hand. A registry would call a module that has trapped.
const define = { TextDecoder: 'LateDecoder', TextEncoder: 'LateEncoder', FinalizationRegistry: 'undefined' };

/** The glue with those in place of the page's. */
export const lateGlobals = {
  name: 'late-globals',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /lotus_crypto_diag\.js$/ }, async ({ path }) => {
      const options = { charset: /** @type {const} */ ('utf8'), define, banner };
      return { contents: (await transform(readFileSync(path, 'utf8'), options)).code };
    });
  },
};
