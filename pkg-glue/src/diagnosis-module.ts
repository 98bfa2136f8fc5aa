// The WebAssembly module that reads reports, inlined; instantiated on first use.

import { initSync, judge } from '../wasm/diagnosis/lotus_crypto_diag.js';
import wasm from '../wasm/diagnosis/optimised.wasm';
import { bytesOf } from './inlined';

let isReady = false;

export function start(): void {
  if (!isReady) initSync({ module: bytesOf(wasm) });
  isReady = true;
}

/** Returns the report's text with its diagnosis and runbook added. */
export function judgeReport(report: string, evidence?: string): string {
  start();
  return judge(report, evidence);
}
