// The bytes of a WebAssembly module's code by Rust module, according to the function names in its name section.

/**
 * @param {Uint8Array} bytes of a module with its names
 * @returns {Record<string, number>} by part, and `data` for what is no code
 */
export function wasmParts(bytes) {
  let at = 8;
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return Buffer.from(bytes.subarray(at - length, at)).toString();
  };

  let imported = 0;
  /** @type {number[]} */
  const code = [];
  /** @type {Map<number, string>} */
  const names = new Map();
  let data = 0;
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = number() + at;
    if (id === 2) {
      for (let remaining = number(); remaining > 0; remaining--) {
        text();
        text();
        const kind = bytes[at++];
        if (kind === 0) {
          imported++;
          number();
        } else at += kind === 3 ? 2 : bytes[at + 1] === 1 ? 4 : 3;
      }
    } else if (id === 10) {
      for (let remaining = number(); remaining > 0; remaining--) {
        const size = number();
        code.push(size);
        at += size;
      }
    } else if (id === 0 && text() === 'name') {
      while (at < end) {
        const isOfFunctions = bytes[at++] === 1;
        const next = number() + at;
        if (isOfFunctions) for (let remaining = number(); remaining > 0; remaining--) names.set(number(), text());
        at = next;
      }
    } else if (id !== 0) data += end - at;
    at = end;
  }

  /** @type {Record<string, number>} */
  const parts = { 'constants, tables and the like': data };
  for (const [i, size] of code.entries()) {
    const part = partOf(names.get(imported + i) ?? '');
    parts[part] = (parts[part] ?? 0) + size;
  }
  return parts;
}

/** @param {string} name such as `<lotus_crypto_diag::otk::Cursor as core::fmt::Debug>::fmt` */
function partOf(name) {
  const [, edge, own] = name.match(/lotus_crypto_diag(_capture)?::(\w+)/) ?? [];
  if (own !== undefined) return edge === undefined ? own : `edge: ${own}`;
  if (/^(cryptodiag|tabelection|linereader|__wb|__extern|wasm_bindgen|js_sys)/.test(name))
    return 'exports and wasm-bindgen';
  const [, crate] = name.match(/\b(serde|alloc|core|rlsf)(?:_core)?(?:\[\w+\])?::/) ?? [];
  return crate === undefined ? 'other' : `${crate} (library)`;
}
