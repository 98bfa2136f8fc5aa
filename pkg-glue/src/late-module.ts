// The WebAssembly module: inlined, and instantiated synchronously when the first thing happens that is evidence. An app in
// which nothing is wrong starts without it.

import { type CryptoDiag, initSync } from '../wasm/capture/lotus_crypto_diag.js';
import wasm from '../wasm/capture/optimised.wasm';
import { later } from './bounded';
import { bytesOf } from './inlined';

/**
 * A module with nothing in it but a table of `externref`: an engine that is too old for this one, or a policy of the page
 * that refuses it, refuses the real one.
 */
const PROBE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 4, 4, 1, 0x6f, 0, 0];

export class LateModule {
  diag: CryptoDiag | undefined;
  private isMaking = false;
  private isRetrying = false;

  /** Throws where the page cannot run WebAssembly. `onBroken` is called where this module cannot be instantiated. */
  constructor(
    private readonly onBroken: (error: unknown) => void,
    private readonly create: () => CryptoDiag,
  ) {
    if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly');
    new WebAssembly.Module(Uint8Array.from(PROBE));
  }

  /**
   * While it is instantiated, what the page logs or sends from inside of that is not read; nor where there was no room for
   * it, until it is tried again.
   */
  get isBusy(): boolean {
    return this.isMaking || this.isRetrying;
  }

  /** Throws what the instantiation throws. */
  instantiate(): CryptoDiag {
    if (this.diag) return this.diag;
    this.isMaking = true;
    try {
      initSync({ module: bytesOf(wasm) });
      this.diag = this.create();
      return this.diag;
    } catch (error) {
      this.fail(error);
      throw error;
    } finally {
      this.isMaking = false;
    }
  }

  /** An exhausted stack is the page's, and there is room for it a moment later; an exhausted memory looks the same. */
  private fail(error: unknown): void {
    if (!(error instanceof RangeError) || this.isRetrying) {
      this.onBroken(error);
      return;
    }
    this.isRetrying = true;
    later(() => {
      try {
        this.instantiate();
      } catch {
        // It was told.
      } finally {
        this.isRetrying = false;
      }
    });
  }
}
