// What is asked of the module and answered later.

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
