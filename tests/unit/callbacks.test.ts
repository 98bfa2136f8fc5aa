import { beforeEach, expect, it, vi } from 'vitest';

import { guardCallbacks, onCallbackFailure } from '../../pkg-glue/src/callbacks';
import { End } from '../../pkg-glue/src/end';

const NAME = 'wasm_bindgen__convert__closures_____invoke__h1';
const handler = vi.fn();
let end: End;
beforeEach(() => {
  handler.mockReset();
  end = new End();
  onCallbackFailure(handler, end);
});

it('an exception of a closure is reported and not rethrown', () => {
  const trap = new WebAssembly.RuntimeError('unreachable');
  const closure = vi.fn((): unknown => {
    throw trap;
  });
  const { [NAME]: guarded } = guardCallbacks({ [NAME]: closure });
  // The glue reads this as "no error".
  expect(guarded?.()).toEqual([0, 0]);
  expect(handler).toHaveBeenCalledExactlyOnceWith(trap);
  end.abort();
  guarded?.();
  expect(closure).toHaveBeenCalledOnce();
});

it('other exports still throw, and arguments and results are passed', () => {
  const exports = {
    [NAME]: (a: number, b: number) => a + b,
    named: () => {
      throw new Error('to the caller');
    },
    memory: {},
  };
  const guarded = guardCallbacks(exports);
  expect(guarded[NAME]?.(1, 2)).toBe(3);
  expect(guarded.memory).toBe(exports.memory);
  expect(() => guarded.named()).toThrow('to the caller');
});

it('a cleared timer that still fires is no failure', () => {
  const { [NAME]: guarded } = guardCallbacks({
    [NAME]: () => {
      throw new Error('closure invoked recursively or after being dropped');
    },
  });
  guarded?.();
  expect(handler).not.toHaveBeenCalled();
});

it('exports without a closure are refused', () => {
  expect(() => guardCallbacks({ memory: {}, other: () => {} })).toThrow('another name');
});
