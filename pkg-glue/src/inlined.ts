/** The number of symbols, and how many of them shift the next one: see `inlined-wasm.mjs`, which encodes the text. */
const SYMBOLS = 89;
const SHIFTS = 2;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const start = SYMBOLS + 2 * 256;
  const placeOf = new Uint8Array(128);
  for (let at = 0; at < SYMBOLS; at++) placeOf[text.charCodeAt(at)] = at;
  const order = Uint8Array.from({ length: 256 }, (_, at) => Number.parseInt(text.substr(SYMBOLS + 2 * at, 2), 16));
  const bytes = new Uint8Array(text.length - start);
  let length = 0;
  for (let at = start; at < text.length; at++) {
    let place = placeOf[text.charCodeAt(at)] ?? 0;
    if (place < SHIFTS) {
      place = SYMBOLS * (place + 1) + (placeOf[text.charCodeAt(++at)] ?? 0);
    }
    bytes[length++] = order[place - SHIFTS] ?? 0;
  }
  return bytes.subarray(0, length);
}
