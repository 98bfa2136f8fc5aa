// The listeners that are called after a change.

import type { Start } from './capture-status';
import { now } from './clock';

/** The shortest time between two notifications of the listeners. */
const INTERVAL_MS = 250;

export class Listeners {
  private readonly listeners = new Set<() => void>();
  private isTelling = false;
  private isScheduled = false;
  private lastTold = Number.NEGATIVE_INFINITY;

  /** `before` is called before the listeners are. */
  constructor(
    private readonly start: Start,
    private readonly before: () => void,
  ) {}

  add(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** There may be new evidence. What a listener logs is recorded without another notification: that would loop. */
  readonly handleEvidence = (): void => {
    if (!this.isTelling) this.schedule();
  };

  /** Notifies the listeners later: never synchronously from the logging call, and not for every line of a storm. */
  readonly schedule = (): void => {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const rest = Math.max(0, Math.min(INTERVAL_MS, this.lastTold + INTERVAL_MS - now()));
    const isSet = this.start('the timer of the listeners', () => void setTimeout(this.tell, rest));
    if (!isSet) queueMicrotask(this.tell);
  };

  private readonly tell = (): void => {
    this.isScheduled = false;
    this.lastTold = now();
    this.before();
    this.isTelling = true;
    try {
      for (const listener of [...this.listeners]) {
        try {
          listener();
        } catch {
          // A listener's exception is the host's problem; the other listeners are still called.
        }
      }
    } finally {
      this.isTelling = false;
    }
  };
}
