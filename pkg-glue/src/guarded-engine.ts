// The engine, called in such a way that nothing that breaks in it reaches the page.

import { explain } from './bounded';
import type { StatusBoard } from './capture-status';
import type { End } from './end';
import { Engine } from './engine';
import type { Listeners } from './listeners';
import { whenStarted } from './moments';

/** What `call` gives; nothing where the engine does not run, or breaks. */
export type Use<Part> = <T>(call: (part: Part) => T) => T | undefined;

export class GuardedEngine {
  private engine: Engine | undefined;

  /** `end` lets go of every console and of `fetch`. */
  constructor(
    private readonly status: StatusBoard,
    private readonly listeners: Listeners,
    private readonly end: End,
  ) {}

  /** Calls the engine if there is one. Once broken, it is not called again: its memory may be half written. */
  readonly ask: Use<Engine> = (call) => {
    if (!this.engine || this.status.state() === 'failed') return undefined;
    try {
      return call(this.engine);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  };

  /** The same, and makes it if there is none. */
  readonly use: Use<Engine> = (call) => {
    this.make();
    return this.ask(call);
  };

  readonly isAwake = (): boolean => this.ask((engine) => engine.diag !== undefined) ?? false;

  /** A page that refuses it is asked `again` by who installs or watches, not by every report. */
  make(again = false): void {
    const { status, listeners } = this;
    if (this.engine || status.state() === 'failed' || (status.state() === 'unavailable' && !again)) return;
    try {
      const handleFailure = (error: unknown) => {
        // An exhausted stack is the page's; it does not break the module for good.
        if (!(error instanceof RangeError)) this.fail(error);
      };
      this.engine = new Engine(listeners.handleEvidence, handleFailure, this.fail, this.end);
      // While the page is idle, so that the first evidence need not wait for it.
      if (typeof document !== 'undefined') whenStarted(status.start, this.warmUp);
    } catch (error) {
      status.set('unavailable', `this page cannot run the diagnostics: ${explain(error)}`);
    }
  }

  private readonly warmUp = (): void => {
    this.ask((engine) => engine.warmUp());
    this.listeners.schedule();
  };

  private readonly fail = (error: unknown): void => {
    if (this.status.state() === 'failed') return;
    this.status.set('failed', `diagnostics broke and were switched off: ${explain(error)}`);
    this.end.abort();
  };
}
