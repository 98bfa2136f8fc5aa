/** The number of symbols, and how many of them shift the next one: see `inlined-wasm.mjs`, which encodes the text. */
const SYMBOLS = 89;
const SHIFTS = 2;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const start = SYMBOLS + 2 * 256;
  // The codes of all characters at once: asking the text for each takes almost twice the time. The bytes are put in their place.
  const bytes = new TextEncoder().encode(text);
  const [first, second] = bytes;
  const byteOf = new Uint8Array(128 * (SHIFTS + 1));
  for (let at = 0; at < 256; at++) {
    const place = at + SHIFTS;
    const row = 128 * Math.floor(place / SYMBOLS);
    byteOf[row + (bytes[place % SYMBOLS] ?? 0)] = Number.parseInt(text.substr(SYMBOLS + 2 * at, 2), 16);
  }
  let length = 0;
  for (let at = start; at < bytes.length; at++) {
    let code = bytes[at] ?? 0;
    if (code === first) code = 128 + (bytes[++at] ?? 0);
    else if (code === second) code = 256 + (bytes[++at] ?? 0);
    bytes[length++] = byteOf[code] ?? 0;
  }
  return bytes.subarray(0, length);
}
