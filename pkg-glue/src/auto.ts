/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';

/** After its load event, an app still asks for its settings and draws its first screen. */
const STARTED_MS = 3000;
/** How long a busy page may put off what can wait. */
const LATEST_MS = 2000;

function whenLoaded(callback: () => void): void {
  if (document.readyState === 'complete') callback();
  else addEventListener('load', callback, { once: true });
}

/** Calls back when the app has started, and the page has nothing better to do. */
function whenStarted(callback: () => void): void {
  const wait = () => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(callback, { timeout: LATEST_MS });
    else callback();
  };
  whenLoaded(() => setTimeout(wait, STARTED_MS));
}

if (typeof document !== 'undefined') {
  core().install();
  core().watchUploads();
  core().frames.watchAll();
  // The first screen of the app does not wait for the rest. The browser keeps the timings of the first 250 requests.
  whenLoaded(() => core().latency.watch());
  whenStarted(() => {
    core().storage.enter();
    core().tabs.enter();
  });
}
