/** The part of `AbortSignal` that is used here: a page may have none, or one that throws. */
export type EndSignal = {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

/** Aborts once and notifies every listener. */
export class End implements EndSignal {
  aborted = false;
  private readonly listeners = new Set<() => void>();

  addEventListener(_: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch {
        // The other listeners must still be called.
      }
    }
    this.listeners.clear();
  }
}

/**
 * Resolves like `promise`, or to what `fallback` returns if `promise` is missing or rejects, or if `signal` aborts first.
 */
export function untilEnd<T>(
  signal: EndSignal,
  promise: Promise<T> | undefined,
  fallback: () => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve) => {
    const settle = (value: T | Promise<T>) => {
      signal.removeEventListener('abort', giveUp);
      resolve(value);
    };
    const giveUp = () => settle(fallback());
    if (!promise || signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    promise.then(settle, giveUp);
  });
}

/** An undo that works once. */
export function once(undo: () => void): () => void {
  let isUndone = false;
  return () => {
    if (isUndone) return;
    isUndone = true;
    undo();
  };
}
