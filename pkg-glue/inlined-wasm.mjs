// Encodes a WebAssembly module as text for a JavaScript string that no minifier changes. Base64 would split the bytes,
// so that gzip finds few repeats; this text compresses to the gzip size of the file.
import { readFileSync } from 'node:fs';

/** Printable ASCII, except characters with a special meaning in some kind of JavaScript string, or in HTML. */
const SYMBOLS = Array.from({ length: 95 }, (_, at) => String.fromCharCode(0x20 + at)).filter(
  (symbol) => !'"\'`\\$<'.includes(symbol),
);
/** A symbol after one of these is another byte than without it. */
const SHIFTS = 2;

/**
 * First the symbols, then the bytes in hex in the order of their symbols, then the text. The most frequent bytes have a
 * symbol of their own, the others have two.
 *
 * @param {Uint8Array} bytes
 */
export function textOf(bytes) {
  const frequency = new Array(256).fill(0);
  for (const byte of bytes) frequency[byte]++;
  const order = [...frequency.keys()].sort((a, b) => frequency[b] - frequency[a] || a - b);
  const own = SYMBOLS.slice(SHIFTS);
  const shifted = SYMBOLS.slice(0, SHIFTS).flatMap((shift) => SYMBOLS.map((symbol) => shift + symbol));
  /** @type {string[]} */
  const symbolOf = [];
  for (const [at, byte] of order.entries()) symbolOf[byte] = [...own, ...shifted][at] ?? '';
  const alphabet = SYMBOLS.join('') + Buffer.from(order).toString('hex');
  return alphabet + Array.from(bytes, (byte) => symbolOf[byte]).join('');
}

/** For esbuild: the default export of a `.wasm` file is its text. */
export const inlinedWasm = {
  name: 'inlined-wasm',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: textOf(readFileSync(path)), loader: 'text' }));
  },
};
