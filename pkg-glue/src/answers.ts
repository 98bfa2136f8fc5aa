// What is asked of the module and answered later.

import type { EndSignal } from './end';

/** A page may have broken them, and what waits in the wasm would trap there. */
export function hasPromises(): boolean {
  try {
    globalThis.queueMicrotask?.(() => {});
    void Promise.resolve();
    return true;
  } catch {
    return false;
  }
}

/** What `ask` gives, or `otherwise` where the module does not run, or breaks on the way: then it answers no more. */
export const answerOf = <T>(ask: () => Promise<T> | undefined, otherwise: () => T, signal: EndSignal): Promise<T> =>
  new Promise((resolve) => {
    const settle = (told: T) => {
      signal.removeEventListener('abort', giveUp);
      resolve(told);
    };
    const giveUp = () => settle(otherwise());
    const asked = ask();
    if (!asked) return giveUp();
    signal.addEventListener('abort', giveUp);
    asked.then(settle, giveUp);
  });
