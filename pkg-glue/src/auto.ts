/**
 * Import `lotus-crypto-diag/auto` first in the app's entry module: it turns everything on with the defaults, and
 * captures from the next line that the app logs. Does nothing without a document (on a server).
 */
import { core } from './core';
import { whenDrawn, whenStarted } from './deferred';

/** Starts each part separately: an exception here would stop the app's entry module. */
function start(part: string, run: () => void): boolean {
  try {
    return core().start(part, run);
  } catch {
    // The shared core comes from another copy of the package and is broken, so there is no status to record this in.
    return false;
  }
}

if (typeof document !== 'undefined') {
  start('the capture of the console', () => core().install());
  start('the watch on key uploads', () => core().watchUploads());
  start('the watch on frames', () => core().frames.watchAll());
  // Started later, so as not to delay the app's first screen; until then the browser buffers up to 250 timings.
  whenDrawn(start, () => start('the timings of requests', () => core().latency.watch()));
  whenStarted(start, () => {
    start('the watch on the storage', () => core().storage.enter());
    start('the roll call of tabs', () => core().tabs.enter());
  });
}
