// How the WebAssembly and its glue get into the JavaScript.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';

/** A character for each byte. Base64 would hide from gzip what repeats itself, and cost a quarter more on the way to the page. */
export const inlined = {
  name: 'inlined',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `export default ${JSON.stringify(readFileSync(path, 'latin1'))}`,
    }));
  },
};

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
