/** Default time limit for one call to the browser or the SDK. */
const TIMEOUT_MS = 3000;

/** The message names the call that timed out. */
export class TimeoutError extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${ms / 1000} s`);
  }
}

/** Resolves to what `call` returns or resolves to; rejects if `call` throws, rejects, or takes longer than `ms`. */
export async function within<T>(what: string, call: () => T, ms = TIMEOUT_MS): Promise<Awaited<T>> {
  let stop = () => {};
  try {
    const timeout = new Promise<never>((_, reject) => {
      stop = later(() => reject(new TimeoutError(what, ms)), ms);
    });
    return await Promise.race([call(), timeout]);
  } finally {
    stop();
  }
}

/** `setTimeout`; returns a function that cancels it. If the page has broken timers, `callback` is never called. */
export function later(callback: () => void, ms = 0): () => void {
  try {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  } catch {
    return () => {};
  }
}

/** The message of a thrown value of any type. Never throws, even if reading the value does. */
export function explain(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  } catch {
    return 'an error that cannot be read';
  }
}
