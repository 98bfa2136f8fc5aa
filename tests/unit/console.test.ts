// The console wrapper runs for every logged line, so it must never disturb the host.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createMatcher, tapConsole } from '../../crate/capture/js/console.js';

type Call = { self: unknown; args: unknown[] };
type Method = (...args: unknown[]) => unknown;

function page(original?: Method) {
  const calls: Call[] = [];
  const matches: string[] = [];
  const failures: unknown[] = [];
  const slots: string[] = [];
  const control = new AbortController();
  const console: Record<string, Method> = {};
  for (const level of ['warn', 'error']) {
    console[level] = function (this: unknown, ...args: unknown[]) {
      calls.push({ self: this, args });
      return original?.(...args);
    };
  }
  const tap = () =>
    tapConsole(
      console,
      createMatcher(['already exists', 'needle'], ['ready', 'need']),
      () => 'window',
      (slot, text, excerpt) => {
        if (text !== undefined) slots[slot] = excerpt || text;
        matches.push(slots[slot] ?? 'never received');
      },
      (error) => void failures.push(error),
      control.signal,
    );
  const warn: Method = (...args) => (console['warn'] as Method)(...args);
  return { console, calls, matches, failures, tap, warn, control };
}

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const throwing = () => {
  throw new Error('from the page');
};
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

const selfCaused = new Error('x');
selfCaused.cause = selfCaused;

const hostile: [string, unknown][] = [
  ['a throwing getter', Object.defineProperty({}, 'message', { enumerable: true, get: throwing })],
  ['a throwing toString', { toString: throwing, [Symbol.toPrimitive]: throwing }],
  ['a revoked proxy', revoked()],
  ['a proxy whose every trap throws', new Proxy({}, new Proxy({}, { get: () => throwing }))],
  ['a symbol', Symbol('s')],
  ['a BigInt', 10n],
  ['a cyclic object', cyclic],
  ['a lone surrogate', '\ud800'],
  ['an Error with a throwing message', Object.defineProperty(new Error('x'), 'message', { get: throwing })],
  ['an Error that is its own cause', selfCaused],
  ['an object without a prototype', Object.create(null)],
  ['an array with holes', new Array(3)],
  ['undefined', undefined],
  ['a function', throwing],
];

describe('the wrapped console', () => {
  it.each(hostile)('passes %s to the original method once, alone and in a matching line', (_name, value) => {
    const { calls, matches, failures, tap, warn } = page(() => 'result');
    tap();
    expect(warn(value)).toBe('result');
    expect(warn('x already exists', value, '%s %d %i %f %o %O %c %%')).toBe('result');
    expect(warn('%s %d %f %o already exists', value, value, value, value)).toBe('result');
    expect(calls.map((call) => call.args.length)).toEqual([1, 3, 5]);
    expect(calls[0]?.args[0]).toBe(value);
    expect(matches).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  it('passes arbitrary values unchanged and does not throw', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.anything({ withBigInt: true, withSparseArray: true }), fc.constant('already exists %s %d')),
          { maxLength: 6 },
        ),
        (args) => {
          const { calls, matches, tap, warn } = page();
          tap();
          warn(...args);
          expect(calls).toHaveLength(1);
          expect(calls[0]?.args.every((arg, index) => Object.is(arg, args[index]))).toBe(true);
          expect(matches).toHaveLength(args.includes('already exists %s %d') ? 1 : 0);
        },
      ),
    );
  });

  it('passes `this` to the original method, also null', () => {
    const { console, calls, tap } = page();
    tap();
    console['warn']?.call(null, 'needle');
    const self = {};
    console['error']?.call(self, 'x');
    expect(calls.map((call) => call.self)).toEqual([null, self]);
  });

  it('rethrows the exception of the original method', () => {
    const problem = new Error('of the original');
    const { matches, tap, warn } = page(() => {
      throw problem;
    });
    tap();
    expect(() => warn('needle')).toThrow(problem);
    expect(matches).toEqual(['needle']);
  });

  it('does not read a line that is logged while another line is read', () => {
    const { calls, matches, tap, warn } = page();
    tap();
    const error = new Error('x');
    Object.defineProperty(error, 'message', { get: () => warn('needle inside') ?? 'needle outside' });
    warn(error);
    expect(calls.filter((call) => call.args[0] === error)).toHaveLength(1);
    expect(calls.length).toBeGreaterThan(1);
    expect(matches).toHaveLength(1);
  });
});

it('a repeated line is passed as the slot of the earlier line', () => {
  const long = `needle ${'x'.repeat(20_000)}`;
  const lines = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'none').map((name) => `${name} needle`),
    fc.constantFrom(long, `${long}y`),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('warn', 'error'), fc.constantFrom('window', 'frame:/'), lines)),
      (calls) => {
        const { console } = page();
        const received: [string, string, string][] = [];
        const slots: [string, string, string][] = [];
        let from = '';
        let texts = 0;
        tapConsole(
          console,
          createMatcher(['needle'], ['need']),
          () => from,
          (slot, text, _excerpt, _truncated, isError, source) => {
            if (text !== undefined) slots[slot] = [isError ? 'error' : 'warn', source ?? '', text];
            if (text !== undefined) texts++;
            received.push(slots[slot] ?? ['', '', '']);
          },
          () => {},
          new AbortController().signal,
        );
        for (const [level, source, line] of calls) {
          from = source;
          console[level]?.(line);
        }
        expect(received).toEqual(calls.map(([level, source, line]) => [level, source, line.slice(0, 16_384)]));
        // Among lines that are not truncated, a line equal to the previous one is not passed as text again.
        const anew = calls.filter((call, i) => call[2].length > 16_384 || String(call) !== String(calls[i - 1]));
        expect(texts).toBeLessThanOrEqual(anew.length);
      },
    ),
  );
});

it('an exception of onMatch is reported and does not reach the caller', () => {
  const { console, calls, control } = page();
  const problem = new Error('of ours');
  const fail = () => {
    throw problem;
  };
  const failures: unknown[] = [];
  const handleFailure = (error: unknown) => {
    failures.push(error);
    throw error;
  };
  tapConsole(console, createMatcher(['needle'], ['need']), () => 'window', fail, handleFailure, control.signal);
  expect(() => console['warn']?.('needle')).not.toThrow();
  expect(() => console['warn']?.('needle')).not.toThrow();
  expect(calls).toHaveLength(2);
  expect(failures).toEqual([problem, problem]);
});

it('a failure on one console restores all consoles', () => {
  const control = new AbortController();
  const read: string[] = [];
  const consoles = ['window', 'frame:/a', 'frame:/b'].map((name) => {
    const { console, calls } = page();
    const original = console['warn'];
    const fail = () => {
      read.push(name);
      throw new WebAssembly.RuntimeError('unreachable');
    };
    tapConsole(
      console,
      createMatcher(['needle'], ['need']),
      () => name,
      fail,
      () => control.abort(),
      control.signal,
    );
    return { console, calls, original };
  });
  for (const { console } of [...consoles, ...consoles]) console['warn']?.('needle');
  expect(read).toEqual(['window']);
  for (const { console, calls, original } of consoles) {
    expect(calls).toHaveLength(2);
    expect(console['warn']).toBe(original);
  }
});

describe('matching and formatting', () => {
  it('finds words in an Error, its name, its causes and its originalError', () => {
    const { matches, tap, warn } = page();
    tap();
    warn('prefix', new Error('needle'));
    warn(new Error('x', { cause: new Error('y', { cause: 'needle' }) }));
    warn(Object.assign(new Error('x'), { originalError: new Error('needle') }));
    warn(Object.assign(new Error('x'), { name: 'needle' }));
    warn(new DOMException('needle', 'AbortError'));
    warn({ message: 'needle' });
    expect(matches).toHaveLength(5);
    expect(matches[0]).toMatch(/^prefix Error: needle\n\s+at /);
    expect(matches[4]).toMatch(/^AbortError: needle/);
  });

  it('finds words in a line of 10 MB and passes an excerpt around them', () => {
    const { matches, tap, warn } = page();
    tap();
    const filler = 'x'.repeat(5_000_000);
    warn(`${filler} One time key a:B already exists ${filler}`);
    expect(matches[0]).toContain('One time key a:B already exists');
    expect(matches[0]?.length).toBeLessThan(16_384);
  });

  it.each([
    ['%s is %d of %i, %f%%', ['needle', '7.5', 8.9, '1.5'], 'needle is 7 of 8, 1.5%'],
    ['%cneedle', ['color: red'], 'needle'],
    ['needle %o %O', [{ a: [1, 'x'] }, new Map()], 'needle {a: [1, "x"]} Map {}'],
    ['needle', [new Uint8Array(16), { key: new Uint16Array(2) }], 'needle Uint8Array(16) {key: Uint16Array(4)}'],
    ['needle %o', [new DataView(new ArrayBuffer(16))], 'needle DataView(16)'],
    ['needle %s', [], 'needle %s'],
    ['needle %d', [Symbol('x')], 'needle NaN'],
    ['needle', ['and', 1, null, undefined, -0, 5n, Symbol('s')], 'needle and 1 null undefined -0 5n Symbol(s)'],
    ['100%', ['needle'], '100% needle'],
    ['needle 100%%', [], 'needle 100%%'],
    ['needle 100%%', ['x'], 'needle 100% x'],
  ])('formats %j like the developer tools', (format, args, expected) => {
    const { matches, tap, warn } = page();
    tap();
    warn(format, ...args);
    expect(matches).toEqual([expected]);
  });

  it('does not call getters of objects', () => {
    const { matches, tap, warn } = page();
    tap();
    warn('needle', Object.defineProperty({}, 'secret', { enumerable: true, get: throwing }));
    expect(matches).toEqual(['needle {secret: (...)}']);
  });
});

describe('the undo', () => {
  it('restores the original property, and can be called twice', () => {
    const { console, tap } = page();
    const before = Object.getOwnPropertyDescriptor(console, 'warn');
    const undo = tap();
    undo.release();
    undo.release();
    expect(Object.getOwnPropertyDescriptor(console, 'warn')).toEqual(before);
  });

  it('leaves a later wrapper of other code, and passes lines through', () => {
    const { console, calls, matches, tap, warn } = page();
    const undo = tap();
    const ours = console['warn'] as Method;
    const theirs: Method = (...args) => ours(...args);
    console['warn'] = theirs;
    undo.release();
    warn('needle');
    expect(console['warn']).toBe(theirs);
    expect([calls.length, matches.length]).toEqual([1, 0]);
  });

  it('removes the own property if the method was inherited', () => {
    const { console, tap } = page();
    const child = Object.create(console) as typeof console;
    const undo = tapConsole(
      child,
      createMatcher(['x'], ['x']),
      () => 'window',
      () => {},
      () => {},
      new AbortController().signal,
    );
    expect(Object.hasOwn(child, 'warn')).toBe(true);
    undo.release();
    expect(Object.hasOwn(child, 'warn')).toBe(false);
    tap().release();
  });

  it('works if the page has defined `get` on Object.prototype', () => {
    const { console, matches, tap, warn } = page();
    const original = console['warn'];
    const planted = { __proto__: null, value: () => 1, configurable: true } as PropertyDescriptor;
    Object.defineProperty(Object.prototype, 'get', planted);
    try {
      const undo = tap();
      warn('needle');
      undo.release();
    } finally {
      Reflect.deleteProperty(Object.prototype, 'get');
    }
    expect([matches, console['warn'] === original]).toEqual([['needle'], true]);
  });

  it('does nothing on a console that could not be wrapped', () => {
    const { console, calls, tap, warn } = page();
    Object.freeze(console);
    const undo = tap();
    expect(undo.watched).toBe(0);
    warn('needle');
    undo.release();
    expect(calls).toHaveLength(1);
  });

  it('does not throw on a console that was frozen after wrapping', () => {
    const { console, calls, tap, warn } = page();
    const undo = tap();
    Object.freeze(console);
    undo.release();
    warn('needle');
    expect(calls).toHaveLength(1);
  });
});
