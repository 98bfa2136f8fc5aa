// The glue of wasm-bindgen as the package needs it: with the short names of the WebAssembly's imports and exports, and
// with nothing in it that can throw while it is imported.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
const Registry = (() => {
  try { new FinalizationRegistry(() => {}); return FinalizationRegistry; } catch { return undefined; }
})();
`;
const define = { TextDecoder: 'LateDecoder', TextEncoder: 'LateEncoder', FinalizationRegistry: 'Registry' };

/** The names by which wasm-bindgen's glue and a module know each other: those that `optimise` has put in their place. */
export const shortNames = {
  name: 'short-names',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /lotus_crypto_diag\.js$/ }, async ({ path }) => {
      /** @type {Record<string, string>} */
      const mangleCache = JSON.parse(readFileSync(join(dirname(path), 'names.json'), 'utf8'));
      const names = Object.keys(mangleCache).map((name) => name.replace(/[./]/g, '\\$&'));
      const mangleProps = new RegExp(`^(?:${names.join('|')})$`);
      const charset = /** @type {const} */ ('utf8');
      const options = { mangleProps, mangleQuoted: true, mangleCache, charset, define, banner };
      return { contents: (await transform(readFileSync(path, 'utf8'), options)).code };
    });
  },
};
