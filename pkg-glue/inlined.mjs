// How the WebAssembly stands in the JavaScript: a character for each byte. Base64 would hide from gzip what repeats itself,
// and cost a quarter more on the way to the page.
import { readFileSync } from 'node:fs';

export const inlined = {
  name: 'inlined',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `export default ${JSON.stringify(readFileSync(path, 'latin1'))}`,
    }));
  },
};
