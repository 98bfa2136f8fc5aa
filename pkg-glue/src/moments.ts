// When an app has time for what need not be there from its first line.

import type { Start } from './capture-status';

/** After its load event, an app still asks for its settings and draws its first screen. */
const STARTED_MS = 3000;
/** How long a busy page may put off what can wait. */
const LATEST_MS = 2000;

/** Calls back after `wait` did, or at once where the page does not let it. */
function after(start: Start, what: string, wait: (callback: () => void) => void, callback: () => void): void {
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
  after(start, "the wait for the page's load event", wait, callback);
}

/** Calls back when the page has nothing better to do. */
function whenIdle(start: Start, callback: () => void): void {
  const wait = (idle: () => void) => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(idle, { timeout: LATEST_MS });
    else idle();
  };
  after(start, 'the wait for an idle page', wait, callback);
}

/** Calls back when the page has loaded, and has drawn what it could. */
export function whenDrawn(start: Start, callback: () => void): void {
  whenLoaded(start, () => whenIdle(start, callback));
}

/** Calls back when the app has started, and the page has nothing better to do. */
export function whenStarted(start: Start, callback: () => void): void {
  const wait = (started: () => void) => void setTimeout(started, STARTED_MS);
  whenLoaded(start, () => after(start, 'the wait for the app', wait, () => whenIdle(start, callback)));
}
