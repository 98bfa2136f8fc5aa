// The hot path: what runs on every console.warn and console.error of the page. Rust is called on a match only.
//
// Whatever fails in here, the original method runs once, with the same `this` and arguments, and its result or its
// exception passes.

import { formatLine, isError, MAX_CAUSES } from './format.js';

// Taken now, so that a page that patches them later is not part of our path.
const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

const LEVELS = ['warn', 'error'];
/** In UTF-16 units; Rust cuts at 16 KiB of UTF-8. */
const MAX_TEXT = 16384;
/** Before the words that were found far behind: enough that the redaction sees where a secret begins. */
const EXCERPT_LEAD = 2048;
const EXCERPT_TAIL = 12288;
/** In arguments of 8 bytes: what the compilation of the expressions takes of the stack, and what reading a line in the wasm does. */
const COLD_STACK = new Array(16384).fill(undefined);
const WASM_STACK = new Array(4096).fill(undefined);
/** How often an expression runs before V8 has done with compiling it. */
const WARM = 3;
/** So many of the latest lines are known again: a storm repeats few, and again and again. */
const RECENT = 4;

const nothing = () => {};

/**
 * Throws where the stack has no room for so many arguments: they take the same room in all compilations of a function,
 * which so many calls do not. A RangeError later would leave the wasm's data locked.
 */
export function needStack(room = WASM_STACK) {
  apply(nothing, undefined, room);
}

/** @param {readonly string[]} words one of which is to be found, literally */
const oneOf = (words) => new RegExp(words.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'));

/**
 * @param {readonly string[]} words of which one must stand in a string, or in an Error's text, for the call to matter
 * @param {readonly string[]} hints parts of the words: where none stands, none of the words does, and they are found far sooner
 */
export function createMatcher(words, hints) {
  const pattern = oneOf(words);
  const hint = oneOf(hints);
  const shortest = Math.min(...words.map(({ length }) => length));

  const isFound = (/** @type {string} */ text) => text.length >= shortest && hint.test(text) && pattern.test(text);

  /** @type {(text: unknown) => boolean} */
  const matchesText = (text) => typeof text === 'string' && isFound(text);

  /** Name, message and causes, never the stack: reading that costs more than all the rest. */
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
     * Runs both expressions until the browser has compiled them for good, for either form in which it keeps a string:
     * where it has to compile one while the stack is exhausted, V8 ends the process.
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
 * What is used of an `AbortSignal`: a page may have none, and then the package has one of its own.
 *
 * @typedef {{
 *   readonly aborted: boolean,
 *   addEventListener(type: 'abort', listener: () => void): void,
 *   removeEventListener(type: 'abort', listener: () => void): void,
 * }} EndSignal
 */

/**
 * A line without its text is the one that was given under this slot before, all the same.
 *
 * @typedef {(slot: number, text: string | undefined, excerpt: string | undefined, truncated: boolean, isError: boolean,
 *   source: string | undefined) => void} OnMatch
 */

/**
 * Wraps warn and error of one console.
 *
 * @param {any} console the page's, or a frame's
 * @param {ReturnType<typeof createMatcher>} matcher
 * @param {() => string} source where a line is logged that is logged now
 * @param {OnMatch} onMatch
 * @param {(error: unknown) => void} onFailure called when `onMatch` threw
 * @param {EndSignal} signal lets the console go without a call of the wasm: after a trap its memory may be half written
 */
export function tapConsole(console, matcher, source, onMatch, onFailure, signal) {
  // A line logged while one is being read (a getter of the page, ourselves) passes, and is not read.
  let busy = false;

  /** @type {({ text: string, level: string, from: string } | undefined)[]} */
  const recent = new Array(RECENT).fill(undefined);
  let oldest = 0;
  const pass = (/** @type {string} */ level, /** @type {ReturnType<typeof formatLine>} */ line) => {
    const { text, excerpt, truncated } = line;
    const from = source();
    const known = recent.findIndex((seen) => seen?.text === text && seen.level === level && seen.from === from);
    if (known >= 0) {
      onMatch(known, undefined, undefined, false, false, undefined);
      return;
    }
    const slot = oldest;
    oldest = (oldest + 1) % RECENT;
    recent[slot] = undefined;
    onMatch(slot, text, excerpt || undefined, truncated, level === 'error', from);
    // What lies behind the end of a truncated line may be another thing the next time.
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
        // The stack is exhausted, and nothing is read. V8 says so by a SyntaxError where it has to compile an expression again.
        return;
      }
      pass(level, formatLine(args, bounds));
    } catch (error) {
      try {
        onFailure(error);
      } catch {
        // There is nobody left to tell.
      }
    } finally {
      busy = false;
    }
  };

  const taps = LEVELS.map((level) => tapMethod(console, level, inspect));
  /** Puts back what is still ours; becomes a pass-through where somebody has wrapped us since. */
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
 * @returns {(() => void) | undefined} the undo; nothing where the method cannot be wrapped
 */
function tapMethod(console, level, inspect) {
  let active = true;
  try {
    const before = plain(getOwnPropertyDescriptor(console, level));
    const original = console[level];
    if (typeof original !== 'function') return undefined;

    // As a method, it has the name of the original and is no constructor, as the original is none.
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
        // Frozen since: a pass-through is all that can be left.
      }
    };
  } catch {
    return undefined;
  }
}

/**
 * The same, whatever the page has put on `Object.prototype`: a `get` there would make every descriptor an invalid one.
 *
 * @template {PropertyDescriptor | undefined} T
 * @param {T} descriptor
 * @returns {T}
 */
export function plain(descriptor) {
  return descriptor && { __proto__: null, ...descriptor };
}
