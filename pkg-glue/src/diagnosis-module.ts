// The WebAssembly module that reads reports, inlined; it is instantiated with the first call.

import { initSync, judge } from '../wasm/diagnosis/lotus_crypto_diag.js';
import wasm from '../wasm/diagnosis/optimised.wasm';
import { bytesOf } from './inlined';

let isReady = false;

export function start(): void {
  if (!isReady) initSync({ module: bytesOf(wasm) });
  isReady = true;
}

/** The text of a report, with its diagnosis and runbook. */
export function judgeReport(report: string, evidence?: string): string {
  start();
  return judge(report, evidence);
}
