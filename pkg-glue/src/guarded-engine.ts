// Calls the engine and catches its exceptions: none reaches the page.

import { explain } from './bounded';
import type { StatusBoard } from './capture-status';
import { whenStarted } from './deferred';
import type { End } from './end';
import { Engine } from './engine';
import type { Listeners } from './listeners';

/** Returns the result of `call`; `undefined` if the engine does not run, or breaks. */
export type Use<Part> = <T>(call: (part: Part) => T) => T | undefined;

export class GuardedEngine {
  private engine: Engine | undefined;

  /** Aborting `end` restores every wrapped console and `fetch`. */
  constructor(
    private readonly status: StatusBoard,
    private readonly listeners: Listeners,
    private readonly end: End,
  ) {}

  /** Calls the engine if there is one. After a failure it is never called again: its memory may be inconsistent. */
  readonly callIfCreated: Use<Engine> = (call) => {
    if (!this.engine || this.status.state() === 'failed') return undefined;
    try {
      return call(this.engine);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  };

  /** The same, but creates the engine if there is none. */
  readonly use: Use<Engine> = (call) => {
    this.make();
    return this.callIfCreated(call);
  };

  readonly isAwake = (): boolean => this.callIfCreated((engine) => engine.diag !== undefined) ?? false;

  /** If the page refused the module, only installing or watching (`again`) retries; a report does not. */
  make(again = false): void {
    const { status, listeners } = this;
    if (this.engine || status.state() === 'failed' || (status.state() === 'unavailable' && !again)) return;
    try {
      const handleFailure = (error: unknown) => {
        // A stack overflow (`RangeError`) is the page's fault and does not break the module.
        if (!(error instanceof RangeError)) this.fail(error);
      };
      this.engine = new Engine(listeners.handleEvidence, handleFailure, this.fail, this.end);
      // Instantiate the module while the page is idle, so that the first evidence does not have to wait for it.
      if (typeof document !== 'undefined') whenStarted(status.start, this.warmUp);
    } catch (error) {
      status.set('unavailable', `this page cannot run the diagnostics: ${explain(error)}`);
    }
  }

  private readonly warmUp = (): void => {
    this.callIfCreated((engine) => engine.warmUp());
    this.listeners.schedule();
  };

  private readonly fail = (error: unknown): void => {
    if (this.status.state() === 'failed') return;
    this.status.set('failed', `diagnostics broke and were switched off: ${explain(error)}`);
    this.end.abort();
  };
}
