// The WebAssembly module that ships, in Node.
import { readFileSync } from 'node:fs';

import type { Report } from '../../pkg-glue/src/generated/model';
import { CryptoDiag, initSync } from '../../pkg-glue/wasm/capture/lotus_crypto_diag.js';

/** For tests of what the module is called for: it is there, and is called. */
export function instantiate(): void {
  initSync({ module: readFileSync(new URL('../../pkg-glue/wasm/capture/optimised.wasm', import.meta.url)) });
}

export const createDiag = () => new CryptoDiag(() => {}, Date.now, Date.now());

/** What it would report now. */
export function reportOf(diag: CryptoDiag): Report {
  const status = { state: 'running', reason: null, version: '0' } as const;
  const facts = () => ({ status, capturingSince: null, blindSpots: [], tabs: null });
  return JSON.parse(diag.buildReport(null, undefined, facts, 'not judged'));
}
