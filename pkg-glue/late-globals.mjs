// The glue of wasm-bindgen as the package needs it: with nothing in it that can throw while it is imported, and with the
// calls guarded that the browser makes by itself.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

const here = dirname(fileURLToPath(import.meta.url));
const EXPORTS = 'wasm = instance.exports;';

/** @param {string} glue */
function guarded(glue) {
  if (glue.split(EXPORTS).length !== 2) throw new Error(`the glue of wasm-bindgen has changed: where is "${EXPORTS}"?`);
  const from = JSON.stringify(join(here, 'src/callbacks'));
  return `import { guardCallbacks } from ${from};\n${glue.replace(EXPORTS, 'wasm = guardCallbacks(instance.exports);')}`;
}

/** The glue with those in place of the page's. */
export const lateGlobals = {
  name: 'late-globals',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /lotus_crypto_diag\.js$/ }, async ({ path }) => {
      const options = { charset: /** @type {const} */ ('utf8'), define, banner };
      const glue = readFileSync(path, 'utf8');
      // The module that reads reports is called by name alone.
      const contents = basename(dirname(path)) === 'capture' ? guarded(glue) : glue;
      return { contents: (await transform(contents, options)).code };
    });
  },
};
