// Defers work that the app does not need from its first line.

import type { Start } from './capture-status';

/** After its load event, an app still loads its settings and draws its first screen. */
const STARTED_MS = 3000;
/** How long a busy page may delay deferred work. */
const LATEST_MS = 2000;

/** Calls `callback` when `wait` calls back, or at once if `wait` throws. */
function runAfter(start: Start, what: string, wait: (callback: () => void) => void, callback: () => void): void {
  let isCalled = false;
  const callOnce = () => {
    if (isCalled) return;
    isCalled = true;
    callback();
  };
  if (!start(what, () => wait(callOnce))) callOnce();
}

/** Calls back when the page has loaded. */
function whenLoaded(start: Start, callback: () => void): void {
  const wait = (loaded: () => void) => {
    if (document.readyState === 'complete') loaded();
    else addEventListener('load', loaded, { once: true });
  };
  runAfter(start, "the wait for the page's load event", wait, callback);
}

/** Calls back when the page is idle. */
function whenIdle(start: Start, callback: () => void): void {
  const wait = (idle: () => void) => {
    // Safari lacks `requestIdleCallback`.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(idle, { timeout: LATEST_MS });
    else idle();
  };
  runAfter(start, 'the wait for an idle page', wait, callback);
}

/** Calls back when the page has loaded and drawn its first screen. */
export function whenDrawn(start: Start, callback: () => void): void {
  whenLoaded(start, () => whenIdle(start, callback));
}

/** Calls back when the app has started and the page is idle. */
export function whenStarted(start: Start, callback: () => void): void {
  const wait = (started: () => void) => void setTimeout(started, STARTED_MS);
  whenLoaded(start, () => runAfter(start, 'the wait for the app', wait, () => whenIdle(start, callback)));
}
