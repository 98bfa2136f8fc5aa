/** How long one question to the browser or to the SDK may take. */
const PATIENCE_MS = 3000;

/** Says itself what gave no answer. */
export class NoAnswer extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${ms / 1000} s`);
  }
}

/** What `ask` gives, now or later; rejects where it throws, rejects, or does not answer in time. */
export async function within<T>(what: string, ask: () => T, ms = PATIENCE_MS): Promise<Awaited<T>> {
  let stop = () => {};
  try {
    const tooLate = new Promise<never>((_, reject) => {
      stop = later(() => reject(new NoAnswer(what, ms)), ms);
    });
    return await Promise.race([ask(), tooLate]);
  } finally {
    stop();
  }
}

/** `setTimeout`, with its undo. Where the page has broken it, nothing comes later. */
export function later(callback: () => void, ms = 0): () => void {
  try {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  } catch {
    return () => {};
  }
}

/** What was thrown, in words. Whatever it is, reading it does not throw. */
export function explain(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  } catch {
    return 'an error that cannot be read';
  }
}
