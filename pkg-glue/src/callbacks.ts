// What the browser calls in the wasm by itself: timers, promises, events. Nobody stands above them who would catch a trap,
// so it is caught where they enter.

import type { EndSignal } from './end';

let handleFailure: (error: unknown) => void = () => {};
let end: Pick<EndSignal, 'aborted'> = { aborted: false };

/** `handler` is told what a callback threw. Once `signal` is aborted, nothing enters the wasm that way. */
export function onCallbackFailure(handler: (error: unknown) => void, signal: EndSignal): void {
  handleFailure = handler;
  end = signal;
}

/** As wasm-bindgen names what calls a closure. */
const CLOSURE = /closures_+invoke/;
/** What a closure gives that has nothing to say: no error. */
const NOTHING = [0, 0];

/** The exports of the module, with the calls of its closures guarded. */
export function guardCallbacks<Exports extends Record<string, unknown>>(exports: Exports): Exports {
  const guarded = Object.entries(exports).map(([name, value]) => {
    if (typeof value !== 'function' || !CLOSURE.test(name)) return [name, value];
    return [name, (...args: unknown[]) => call(() => value(...args))];
  });
  return Object.fromEntries(guarded);
}

function call(run: () => unknown): unknown {
  if (end.aborted) return NOTHING;
  try {
    return run();
  } catch (error) {
    handleFailure(error);
    return NOTHING;
  }
}
