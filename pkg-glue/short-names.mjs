// The short names of the WebAssembly's imports and exports, in the glue as well.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';

/** The names by which wasm-bindgen's glue and a module know each other: those that `optimise` has put in their place. */
export const shortNames = {
  name: 'short-names',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /lotus_crypto_diag\.js$/ }, async ({ path }) => {
      /** @type {Record<string, string>} */
      const mangleCache = JSON.parse(readFileSync(join(dirname(path), 'names.json'), 'utf8'));
      const names = Object.keys(mangleCache).map((name) => name.replace(/[./]/g, '\\$&'));
      const mangleProps = new RegExp(`^(?:${names.join('|')})$`);
      const options = { mangleProps, mangleQuoted: true, mangleCache, charset: /** @type {const} */ ('utf8') };
      return { contents: (await transform(readFileSync(path, 'utf8'), options)).code };
    });
  },
};
