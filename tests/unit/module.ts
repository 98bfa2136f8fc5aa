// The WebAssembly module that ships, in Node.
import { readFileSync } from 'node:fs';

import { initSync } from '../../pkg-glue/wasm/capture/lotus_crypto_diag.js';

/** For tests of what the module is called for: it is there, and is called. */
export function instantiate(): void {
  initSync({ module: readFileSync(new URL('../../pkg-glue/wasm/capture/optimised.wasm', import.meta.url)) });
}
