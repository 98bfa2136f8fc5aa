/**
 * What a report says: for whoever reads reports. The WebAssembly for it is inlined here; an app that only gathers
 * evidence loads it when it is asked for a report, not at boot.
 */
import { diagnose, initSync } from '../wasm/diagnosis/lotus_crypto_diag.js';
import bytes from '../wasm/diagnosis/lotus_crypto_diag_bg.wasm';
import type { Report } from './generated/model';

let isReady = false;

export function diagnoseReport(report: Report | string): Report {
  if (!isReady) initSync({ module: bytes });
  isReady = true;
  return JSON.parse(diagnose(typeof report === 'string' ? report : JSON.stringify(report)));
}
