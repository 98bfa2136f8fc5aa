// What the browser calls in the wasm by itself: timers, promises, events. For most of them nobody stands above who would
// catch a trap, so it is caught where they enter.

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
/** Said of a timer that fires though it was cleared, as where a page has put its own in place. The wasm was not entered. */
const DROPPED = 'closure invoked recursively or after being dropped';
/** What a closure gives that has nothing to say: no error. */
const NOTHING = [0, 0];

/** The exports of the module, with the calls of its closures guarded. */
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
  if (end.aborted) return NOTHING;
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error && error.message === DROPPED)) handleFailure(error);
    return NOTHING;
  }
}
