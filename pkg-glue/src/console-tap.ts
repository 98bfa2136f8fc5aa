// A watched console, and the reader of its lines.

import type { OnMatch } from '../../crate/capture/js/console.js';
import type { LineReader } from '../wasm/capture/lotus_crypto_diag.js';
import type { EndSignal } from './end';
import type { LateModule } from './late-module';

type Tap = { readonly watched: number; release(): void };

export class ConsoleTap {
  /** How many of the two methods (`warn`, `error`) are watched. */
  readonly watched: number;
  private readonly tap: Tap;
  private reader: LineReader | undefined;

  constructor(
    module: LateModule,
    tapWith: (onMatch: OnMatch) => Tap,
    private readonly signal: EndSignal,
  ) {
    this.tap = tapWith((...line) => {
      if (module.isBusy) return;
      this.reader ??= module.instantiate().reader();
      this.reader.read(...line);
    });
    this.watched = this.tap.watched;
  }

  release(): void {
    this.tap.release();
    const { reader } = this;
    this.reader = undefined;
    // Deferred: `release` may be called while the reader reads a line.
    queueMicrotask(() => {
      if (!this.signal.aborted) reader?.free();
    });
  }
}
