/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';

/** After its load event, an app still asks for its settings and draws its first screen. */
const STARTED_MS = 3000;
/** How long a busy page may put off what can wait. */
const LATEST_MS = 2000;

/** Calls back when the app has started, and the page has nothing better to do. */
function whenStarted(callback: () => void): void {
  const wait = () => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(callback, { timeout: LATEST_MS });
    else callback();
  };
  const handleLoad = () => setTimeout(wait, STARTED_MS);
  if (document.readyState === 'complete') handleLoad();
  else addEventListener('load', handleLoad, { once: true });
}

if (typeof document !== 'undefined') {
  core().install();
  core().watchUploads();
  core().frames.watchAll();
  // The rest misses nothing when it starts late, and the app's first screen does not wait for it: the browser keeps its
  // timings of requests, storage is asked about once, and other tabs are told.
  whenStarted(() => {
    core().latency.watch();
    core().storage.enter();
    core().tabs.enter();
  });
}
