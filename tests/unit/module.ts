// The released WebAssembly module, in Node.
import { readFileSync } from 'node:fs';

import type { Report } from '../../pkg-glue/src/generated/model';
import { CryptoDiag, initSync } from '../../pkg-glue/wasm/capture/lotus_crypto_diag.js';

/** For tests of code that calls the module. */
export function instantiate(): void {
  initSync({ module: readFileSync(new URL('../../pkg-glue/wasm/capture/optimised.wasm', import.meta.url)) });
}

export const createDiag = () => new CryptoDiag(() => {}, Date.now, Date.now());

/** The report at this moment. */
export function reportOf(diag: CryptoDiag): Report {
  const status = { state: 'running', reason: null, version: '0' } as const;
  const facts = () => ({ status, capturingSince: null, blindSpots: [], tabs: null });
  return JSON.parse(diag.buildReport(null, undefined, facts, 'not judged'));
}
