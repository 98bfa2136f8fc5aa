// Guards for the asynchronous calls of the WebAssembly module.

/** Whether promises work. If the page has broken them, awaiting one inside the module would trap. */
export function hasPromises(): boolean {
  try {
    globalThis.queueMicrotask?.(() => {});
    void Promise.resolve();
    return true;
  } catch {
    return false;
  }
}
