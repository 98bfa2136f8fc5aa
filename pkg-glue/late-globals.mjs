// Adapts wasm-bindgen's glue code: importing it cannot throw, and the browser's callbacks into it are guarded.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/**
 * The glue creates these on import, and an exception there would stop the host's entry module. Created on first use
 * instead, an exception is caught.
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
// Objects of the module are freed explicitly. A FinalizationRegistry could call a module that has trapped.
const define = { TextDecoder: 'LateDecoder', TextEncoder: 'LateEncoder', FinalizationRegistry: 'undefined' };

const here = dirname(fileURLToPath(import.meta.url));
const EXPORTS = 'wasm = instance.exports;';

/** @param {string} glue */
function guarded(glue) {
  if (glue.split(EXPORTS).length !== 2) throw new Error(`the glue of wasm-bindgen has changed: where is "${EXPORTS}"?`);
  const from = JSON.stringify(join(here, 'src/callbacks'));
  return `import { guardCallbacks } from ${from};\n${glue.replace(EXPORTS, 'wasm = guardCallbacks(instance.exports);')}`;
}

/** The glue with these classes instead of the page's. */
export const lateGlobals = {
  name: 'late-globals',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /lotus_crypto_diag\.js$/ }, async ({ path }) => {
      const options = { charset: /** @type {const} */ ('utf8'), define, banner };
      const glue = readFileSync(path, 'utf8');
      // The modules that read reports pass no closures to the browser: only their callers enter them.
      const contents = basename(dirname(path)) === 'capture' ? guarded(glue) : glue;
      return { contents: (await transform(contents, options)).code };
    });
  },
};
