// The inlined WebAssembly module. Instantiated synchronously when the first evidence occurs, so an app without trouble
// starts without it.

import { type CryptoDiag, initSync } from '../wasm/capture/lotus_crypto_diag.js';
import wasm from '../wasm/capture/optimised.wasm';
import { later } from './bounded';
import { bytesOf } from './inlined';

/**
 * A minimal module with an `externref` table. An engine that is too old, or a page's policy that blocks WebAssembly,
 * refuses this one as it would the real one.
 */
const PROBE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 4, 4, 1, 0x6f, 0, 0];

export class LateModule {
  diag: CryptoDiag | undefined;
  private isMaking = false;
  private isRetrying = false;

  /** Throws if the page cannot run WebAssembly. Calls `onBroken` if this module cannot be instantiated. */
  constructor(
    private readonly onBroken: (error: unknown) => void,
    private readonly create: () => CryptoDiag,
  ) {
    if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly');
    new WebAssembly.Module(Uint8Array.from(PROBE));
  }

  /**
   * True during instantiation, when what the page logs or sends is not read, and while a retry is pending after a stack
   * overflow.
   */
  get isBusy(): boolean {
    return this.isMaking || this.isRetrying;
  }

  /** Rethrows what the instantiation throws. */
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

  /**
   * A stack overflow is the page's fault and is over a moment later, so retry once. Running out of memory also throws a
   * `RangeError`.
   */
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
        // `instantiate` has already reported it.
      } finally {
        this.isRetrying = false;
      }
    });
  }
}
