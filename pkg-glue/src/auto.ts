/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';
import { whenDrawn, whenStarted } from './moments';

/** An exception here would stop the app's entry module: each part is started by itself. */
function start(part: string, run: () => void): boolean {
  try {
    return core().start(part, run);
  } catch {
    // The core is another copy's, and broken: there is nobody to tell.
    return false;
  }
}

if (typeof document !== 'undefined') {
  start('the capture of the console', () => core().install());
  start('the watch on key uploads', () => core().watchUploads());
  start('the watch on frames', () => core().frames.watchAll());
  // The first screen of the app does not wait for the rest. The browser keeps the timings of the first 250 requests.
  whenDrawn(start, () => start('the timings of requests', () => core().latency.watch()));
  whenStarted(start, () => {
    start('the watch on the storage', () => core().storage.enter());
    start('the roll call of tabs', () => core().tabs.enter());
  });
}
