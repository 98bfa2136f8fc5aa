// Guards the callbacks by which the browser enters the WebAssembly module: timers, promises, events. Most have no
// caller that would catch a trap, so traps are caught at these entry points.

import type { EndSignal } from './end';

let handleFailure: (error: unknown) => void = () => {};
let endSignal: Pick<EndSignal, 'aborted'> = { aborted: false };

/** Calls `handler` with whatever a callback throws. Once `signal` is aborted, no callback enters the module. */
export function onCallbackFailure(handler: (error: unknown) => void, signal: EndSignal): void {
  handleFailure = handler;
  endSignal = signal;
}

/** The name that wasm-bindgen gives to exports that invoke a closure. */
const CLOSURE = /closures_+invoke/;
/**
 * wasm-bindgen throws this when a cleared timer still fires, for example because the page replaced `setTimeout`. It
 * throws before entering the module, so nothing is broken.
 */
const DROPPED = 'closure invoked recursively or after being dropped';
/** The return value of a closure without a result: no error. */
const NOTHING = [0, 0];

/** The module's exports, with those that invoke closures guarded. */
export function guardCallbacks<Exports extends Record<string, unknown>>(exports: Exports): Exports {
  const names = Object.keys(exports).filter((name) => CLOSURE.test(name));
  if (names.length === 0) throw new Error('the closures of the WebAssembly have another name');
  const guarded = Object.entries(exports).map(([name, value]) => {
    if (typeof value !== 'function' || !names.includes(name)) return [name, value];
    return [name, (...args: unknown[]) => call(() => value(...args))];
  });
  return Object.fromEntries(guarded);
}

function call(run: () => unknown): unknown {
  if (endSignal.aborted) return NOTHING;
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error && error.message === DROPPED)) handleFailure(error);
    return NOTHING;
  }
}
