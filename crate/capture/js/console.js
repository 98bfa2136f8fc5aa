// The hot path: what runs on every console.warn and console.error of the page. Rust is called on a match only.
//
// Even if this code fails, the original method runs exactly once, with the same `this` and arguments, and its result
// or exception reaches the caller.

import { formatLine, isError, MAX_CAUSES } from './format.js';

// Saved now: the page may patch them later.
const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

const LEVELS = ['warn', 'error'];
/** In UTF-16 units; Rust cuts at 16 KiB of UTF-8. */
const MAX_TEXT = 16384;
/** Kept before words found beyond `MAX_TEXT`: enough for the redaction to see where a secret begins. */
const EXCERPT_LEAD = 2048;
const EXCERPT_TAIL = 12288;
/** In arguments of 8 bytes: the stack needed to compile the expressions, and to read a line in the wasm. */
const COLD_STACK = new Array(16384).fill(undefined);
const WASM_STACK = new Array(4096).fill(undefined);
/** V8 has fully compiled an expression after this many runs. */
const WARM = 3;
/** How many of the latest lines are recognised when they repeat: a storm repeats few lines, many times. */
const RECENT = 4;

const noop = () => {};

/**
 * Throws if the stack has no room for this many arguments. Arguments need the same room however the function is
 * compiled; nested calls do not. A RangeError later, inside the wasm, would leave its data locked.
 */
export function needStack(room = WASM_STACK) {
  apply(noop, undefined, room);
}

/** @param {readonly string[]} words matches any of them, literally */
const oneOf = (words) => new RegExp(words.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'));

/**
 * @param {readonly string[]} words a call matters if a string or an Error's text contains one of them
 * @param {readonly string[]} hints parts of the words: a text without any of them contains no word; much faster to find
 */
export function createMatcher(words, hints) {
  const pattern = oneOf(words);
  const hint = oneOf(hints);
  const shortest = Math.min(...words.map(({ length }) => length));

  const isFound = (/** @type {string} */ text) => text.length >= shortest && hint.test(text) && pattern.test(text);

  /** @type {(text: unknown) => boolean} */
  const matchesText = (text) => typeof text === 'string' && isFound(text);

  /** Name, message and causes, never the stack: reading the stack costs more than everything else. */
  const matchesError = (/** @type {any} */ error) => {
    for (let depth = 0; depth <= MAX_CAUSES && isError(error); depth++) {
      if (matchesText(error.message) || matchesText(error.name)) return true;
      error = error.cause ?? error.originalError;
    }
    return matchesText(error);
  };

  /** @type {(value: unknown) => boolean} */
  const matchesValue = (value) => {
    if (typeof value === 'string') return isFound(value);
    if (typeof value !== 'object' || value === null) return false;
    try {
      return isError(value) && matchesError(value);
    } catch {
      return false; // A getter of the page threw; the other arguments still count.
    }
  };

  let isWarm = false;
  return {
    /**
     * Runs both expressions until the browser has fully compiled them, for both of its string encodings: if V8 has to
     * compile one while the stack is exhausted, it ends the process.
     */
    warm() {
      for (const text of ['no evidence', 'no evid\u0113nce']) {
        for (let i = 0; i < WARM; i++) {
          hint.test(text);
          pattern.test(text);
        }
      }
      isWarm = true;
    },
    matches(/** @type {ArrayLike<unknown>} */ args) {
      if (!isWarm) needStack(COLD_STACK);
      for (let i = 0; i < args.length; i++) if (matchesValue(args[i])) return true;
      return false;
    },
    /** @param {string} text */
    find: (text) => text.search(pattern),
  };
}

/**
 * The parts of an `AbortSignal` that are used: if the page has none, the package uses its own.
 *
 * @typedef {{
 *   readonly aborted: boolean,
 *   addEventListener(type: 'abort', listener: () => void): void,
 *   removeEventListener(type: 'abort', listener: () => void): void,
 * }} EndSignal
 */

/**
 * Without a text, the line is the same as the last one passed with this slot.
 *
 * @typedef {(slot: number, text: string | undefined, excerpt: string | undefined, truncated: boolean, isError: boolean,
 *   source: string | undefined) => void} OnMatch
 */

/**
 * Wraps warn and error of one console.
 *
 * @param {any} console the page's, or a frame's
 * @param {ReturnType<typeof createMatcher>} matcher
 * @param {() => string} source names where the current line is logged
 * @param {OnMatch} onMatch
 * @param {(error: unknown) => void} onFailure called when `onMatch` threw
 * @param {EndSignal} signal releases the console without calling the wasm: after a trap, its memory may be inconsistent
 */
export function tapConsole(console, matcher, source, onMatch, onFailure, signal) {
  // A line logged while another one is being read (by a getter of the page, or by us) is passed on unread.
  let busy = false;

  /** @type {({ text: string, level: string, from: string } | undefined)[]} */
  const recent = new Array(RECENT).fill(undefined);
  let oldest = 0;
  const passToModule = (/** @type {string} */ level, /** @type {ReturnType<typeof formatLine>} */ line) => {
    const { text, excerpt, truncated } = line;
    const from = source();
    const repeated = recent.findIndex((entry) => entry?.text === text && entry.level === level && entry.from === from);
    if (repeated >= 0) {
      onMatch(repeated, undefined, undefined, false, false, undefined);
      return;
    }
    const slot = oldest;
    oldest = (oldest + 1) % RECENT;
    recent[slot] = undefined;
    onMatch(slot, text, excerpt || undefined, truncated, level === 'error', from);
    // The part that was cut off may differ next time.
    if (!truncated) recent[slot] = { text, level, from };
  };

  const bounds = { limit: MAX_TEXT, find: matcher.find, lead: EXCERPT_LEAD, tail: EXCERPT_TAIL };
  const inspect = (/** @type {string} */ level, /** @type {ArrayLike<unknown>} */ args) => {
    if (busy) return;
    busy = true;
    try {
      try {
        if (!matcher.matches(args)) return;
        needStack();
      } catch {
        // The stack is exhausted: do not read the line. If V8 has to recompile an expression, it throws a SyntaxError.
        return;
      }
      passToModule(level, formatLine(args, bounds));
    } catch (error) {
      try {
        onFailure(error);
      } catch {
        // Nothing is left to report to.
      }
    } finally {
      busy = false;
    }
  };

  const taps = LEVELS.map((level) => tapMethod(console, level, inspect));
  /** Restores the methods that are still ours; a wrapper that other code has wrapped since becomes a pass-through. */
  const release = () => {
    signal.removeEventListener('abort', release);
    for (const tap of taps) tap?.();
  };
  signal.addEventListener('abort', release);
  return {
    /** How many of the two methods are watched. */
    watched: taps.filter((tap) => tap !== undefined).length,
    release,
  };
}

/**
 * @param {any} console
 * @param {string} level
 * @param {(level: string, args: ArrayLike<unknown>) => void} inspect
 * @returns {(() => void) | undefined} the undo; `undefined` if the method cannot be wrapped
 */
function tapMethod(console, level, inspect) {
  let active = true;
  try {
    const before = plain(getOwnPropertyDescriptor(console, level));
    const original = console[level];
    if (typeof original !== 'function') return undefined;

    // Written as a method: like the original, it has this name and is not a constructor.
    const wrapper = {
      [level]() {
        // biome-ignore lint/complexity/noArguments: rest parameters cost more, and this runs on every line.
        const args = arguments;
        if (active) inspect(level, args);
        return apply(original, this, args);
      },
    }[level];
    const enumerable = before?.enumerable ?? true;
    const after = plain({ value: wrapper, writable: true, enumerable, configurable: true });
    if (!defineProperty(console, level, after)) return undefined;
    return () => {
      active = false;
      try {
        if (getOwnPropertyDescriptor(console, level)?.value !== wrapper) return;
        if (before) defineProperty(console, level, before);
        else deleteProperty(console, level);
      } catch {
        // The object was frozen meanwhile: our wrapper stays, as a pass-through.
      }
    };
  } catch {
    return undefined;
  }
}

/**
 * The same without `Object.prototype`: if the page has defined a `get` there, every descriptor would be invalid.
 *
 * @template {PropertyDescriptor | undefined} T
 * @param {T} descriptor
 * @returns {T}
 */
export function plain(descriptor) {
  return descriptor && { __proto__: null, ...descriptor };
}
