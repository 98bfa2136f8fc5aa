/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';

/** How long a busy page may put off what can wait. */
const LATEST_MS = 2000;

/** Calls back when the page has loaded and has nothing better to do. */
function whenIdle(callback: () => void): void {
  const wait = () => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(callback, { timeout: LATEST_MS });
    else setTimeout(callback);
  };
  if (document.readyState === 'complete') wait();
  else addEventListener('load', wait, { once: true });
}

if (typeof document !== 'undefined') {
  core().install();
  core().watchUploads();
  core().frames.watchAll();
  // The rest misses nothing when it starts late, and the app's first paint does not wait for it: the browser keeps its
  // timings of requests, storage is asked about once, and other tabs are told.
  whenIdle(() => {
    core().latency.watch();
    core().storage.enter();
    core().tabs.enter();
  });
}
