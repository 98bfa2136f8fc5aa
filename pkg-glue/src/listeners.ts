// The listeners that are called after a change.

import type { Start } from './capture-status';
import { now } from './clock';

/** The shortest time between two notifications of the listeners. */
const INTERVAL_MS = 250;

export class Listeners {
  private readonly listeners = new Set<() => void>();
  private isNotifying = false;
  private isScheduled = false;
  private lastNotified = Number.NEGATIVE_INFINITY;

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
    if (!this.isNotifying) this.schedule();
  };

  /** Notifies the listeners later: never synchronously from the logging call, and not for every line of a storm. */
  readonly schedule = (): void => {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const delay = Math.max(0, Math.min(INTERVAL_MS, this.lastNotified + INTERVAL_MS - now()));
    const isSet = this.start('the timer of the listeners', () => void setTimeout(this.notify, delay));
    if (!isSet) queueMicrotask(this.notify);
  };

  private readonly notify = (): void => {
    this.isScheduled = false;
    this.lastNotified = now();
    this.before();
    this.isNotifying = true;
    try {
      for (const listener of [...this.listeners]) {
        try {
          listener();
        } catch {
          // A listener's exception is the host's problem; the other listeners are still called.
        }
      }
    } finally {
      this.isNotifying = false;
    }
  };
}
