/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';

/** After its load event, an app still asks for its settings and draws its first screen. */
const STARTED_MS = 3000;
/** How long a busy page may put off what can wait. */
const LATEST_MS = 2000;

/** An exception here would stop the app's entry module: each part is started by itself. */
function start(part: string, run: () => void): boolean {
  try {
    return core().start(part, run);
  } catch {
    // The core is another copy's, and broken: there is nobody to tell.
    return false;
  }
}

/** Calls back after `wait` did, or at once where the page does not let it. */
function after(what: string, wait: (callback: () => void) => void, callback: () => void): void {
  let isCalled = false;
  const callOnce = () => {
    if (isCalled) return;
    isCalled = true;
    callback();
  };
  if (!start(what, () => wait(callOnce))) callOnce();
}

function whenLoaded(callback: () => void): void {
  const wait = (loaded: () => void) => {
    if (document.readyState === 'complete') loaded();
    else addEventListener('load', loaded, { once: true });
  };
  after("the wait for the page's load event", wait, callback);
}

/** Calls back when the app has started, and the page has nothing better to do. */
function whenStarted(callback: () => void): void {
  const waitForIdle = (idle: () => void) => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(idle, { timeout: LATEST_MS });
    else idle();
  };
  const whenIdle = () => after('the wait for an idle page', waitForIdle, callback);
  whenLoaded(() => after('the wait for the app', (started) => void setTimeout(started, STARTED_MS), whenIdle));
}

if (typeof document !== 'undefined') {
  start('the capture of the console', () => core().install());
  start('the watch on key uploads', () => core().watchUploads());
  start('the watch on frames', () => core().frames.watchAll());
  // The first screen of the app does not wait for the rest. The browser keeps the timings of the first 250 requests.
  whenLoaded(() => start('the timings of requests', () => core().latency.watch()));
  whenStarted(() => {
    start('the watch on the storage', () => core().storage.enter());
    start('the roll call of tabs', () => core().tabs.enter());
  });
}
