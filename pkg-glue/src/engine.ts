// The WebAssembly module: inlined, and instantiated synchronously on first use.

import { CryptoDiag, initSync } from '../wasm/lotus_crypto_diag.js';
import bytes from '../wasm/lotus_crypto_diag_bg.wasm';
import type { Evidences, HostFacts, Report } from './generated/model';

export interface Engine {
  /** Whether both console methods could be wrapped. */
  start(): boolean;
  stop(): void;
  evidence(): Evidences;
  report(facts: HostFacts): Report;
}

/** Throws where the page cannot run WebAssembly. */
export function createEngine(onChange: () => void, onFailure: (error: unknown) => void): Engine {
  if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly');
  initSync({ module: bytes });
  const diag = new CryptoDiag(onChange, onFailure);
  return {
    start: () => diag.start(globalThis.console),
    stop: () => diag.stop(),
    evidence: () => diag.evidence() as Evidences,
    report: (facts) => diag.report(facts) as Report,
  };
}
