// What the browser calls in the wasm by itself: timers, promises, events. Nobody stands above them who would catch a trap,
// so it is caught where they enter.

let handleFailure: (error: unknown) => void = () => {};
let isBroken = false;

/** Told once of what a callback threw; nothing enters the wasm that way afterwards. */
export function onCallbackFailure(handler: (error: unknown) => void): void {
  handleFailure = handler;
}

/** As wasm-bindgen names what calls a closure. */
const CLOSURE = /closures_+invoke/;

/** The exports of the module, with the calls of its closures guarded. */
export function guardCallbacks<Exports extends Record<string, unknown>>(exports: Exports): Exports {
  const guarded = Object.entries(exports).map(([name, value]) => {
    if (typeof value !== 'function' || !CLOSURE.test(name)) return [name, value];
    return [name, (...args: unknown[]) => call(() => value(...args))];
  });
  return Object.fromEntries(guarded);
}

/** What a closure gives that has nothing to say: no error. */
const NOTHING = [0, 0];

function call(run: () => unknown): unknown {
  if (isBroken) return NOTHING;
  try {
    return run();
  } catch (error) {
    isBroken = true;
    handleFailure(error);
    return NOTHING;
  }
}
