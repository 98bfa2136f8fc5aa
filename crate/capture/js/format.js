// The text of a console call, as the developer tools would show it, of limited length. Runs on matching lines only.
// Values of the page may throw anywhere (getters, proxies, toString); unreadable ones are shown as `[unreadable]`.

const MAX_DEPTH = 3;
const MAX_ITEMS = 20;
/** How far the causes of an Error are followed. */
export const MAX_CAUSES = 4;
const MAX_FRAMES = 12;
const UNREADABLE = '[unreadable]';

const { isArray } = Array;
/** @type {((value: unknown) => boolean) | undefined} */
const isErrorNative = /** @type {any} */ (Error).isError;
/** @type {boolean | undefined} */
let isNativeComplete;

/** An Error or DOMException of any realm. */
export function isError(/** @type {any} */ value) {
  if (value instanceof Error) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (isErrorNative?.(value)) return true;
  // WebKit's `Error.isError` returns `false` for a DOMException.
  isNativeComplete ??= isErrorNative?.(new DOMException()) ?? false;
  if (isNativeComplete) return false;
  const tag = Object.prototype.toString.call(value);
  return tag === '[object Error]' || tag === '[object DOMException]';
}

/**
 * @typedef {object} Bounds
 * @property {number} limit of the text, in UTF-16 units
 * @property {(text: string) => number} find the index of the first matching word; -1 if there is none
 * @property {number} lead length of the excerpt before a matching word that lies beyond the limit
 * @property {number} tail length of the excerpt from that word on
 */

/**
 * @param {ArrayLike<unknown>} args
 * @param {Bounds} bounds
 */
export function formatLine(args, bounds) {
  const sink = new Sink(bounds);
  let next = 0;
  // A single string is not a format string.
  if (typeof args[0] === 'string' && args.length > 1) {
    next = 1;
    sink.add(
      args[0].replace(/%[sdifoOc%]/g, (specifier) => {
        if (specifier === '%%') return '%';
        if (next >= args.length) return specifier;
        return substitute(specifier, args[next++]);
      }),
    );
  }
  for (let first = next === 0; next < args.length; next++, first = false) {
    if (!first) sink.add(' ');
    const value = args[next];
    sink.add(typeof value === 'string' ? value : describe(value, 0, true));
  }
  return sink.result();
}

/** Collects text up to a limit, and an excerpt around the first matching word if that lies beyond the limit. */
class Sink {
  text = '';
  excerpt = '';
  truncated = false;

  constructor(/** @type {Bounds} */ bounds) {
    this.bounds = bounds;
  }

  add(/** @type {string} */ piece) {
    const { limit, find, lead, tail } = this.bounds;
    if (this.text.length + piece.length <= limit) {
      this.text += piece;
      return;
    }
    this.truncated = true;
    const whole = this.text + piece;
    this.text = whole.slice(0, limit);
    if (this.excerpt !== '' || find(this.text) >= 0) return;
    const at = find(whole);
    if (at >= 0) this.excerpt = whole.slice(Math.max(0, at - lead), at + tail);
  }

  result() {
    return { text: this.text, excerpt: this.excerpt, truncated: this.truncated };
  }
}

/** https://console.spec.whatwg.org/#formatter */
function substitute(/** @type {string} */ specifier, /** @type {any} */ value) {
  try {
    switch (specifier) {
      case '%c':
        return '';
      case '%d':
      case '%i':
        return typeof value === 'symbol' ? 'NaN' : String(Number.parseInt(value, 10));
      case '%f':
        return typeof value === 'symbol' ? 'NaN' : String(Number.parseFloat(value));
      case '%s':
        return typeof value === 'object' && value !== null ? describe(value, 0, false) : String(value);
      default:
        return describe(value, 0, false);
    }
  } catch {
    return UNREADABLE;
  }
}

/**
 * @param {any} value
 * @param {number} depth
 * @param {boolean} withStack whether the stack of an Error is part of it
 * @returns {string}
 */
function describe(value, depth, withStack) {
  try {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'bigint':
        return `${value}n`;
      case 'function':
        return `ƒ ${typeof value.name === 'string' ? value.name : ''}()`;
      case 'object':
        if (value === null) return 'null';
        if (isError(value)) return describeError(value, withStack);
        return isArray(value) ? describeArray(value, depth) : describeObject(value, depth);
      default:
        return Object.is(value, -0) ? '-0' : String(value);
    }
  } catch {
    return UNREADABLE;
  }
}

/** Name and message first: the stack may lack both (the SDK sets them after construction). */
function describeError(/** @type {any} */ error, /** @type {boolean} */ withStack) {
  let text = headline(error);
  /** @type {any} */
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    cause = read(cause, 'cause') ?? read(cause, 'originalError');
    if (cause === undefined || cause === null || cause === error) break;
    const isErrorCause = isError(cause);
    text += `\ncaused by ${isErrorCause ? headline(cause) : typeof cause === 'string' ? cause : describe(cause, 1, false)}`;
    if (!isErrorCause) break;
  }
  const stack = withStack ? read(error, 'stack') : undefined;
  if (typeof stack === 'string') {
    const frames = stack.split('\n').filter((line) => /^\s+at |@.*:\d+/.test(line));
    if (frames.length > 0) text += `\n${frames.slice(0, MAX_FRAMES).join('\n')}`;
  }
  return text;
}

function headline(/** @type {any} */ error) {
  const [name, message] = ['name', 'message'].map((key) => {
    const value = read(error, key);
    return typeof value === 'string' ? value : value === undefined ? '' : UNREADABLE;
  });
  return name && message ? `${name}: ${message}` : name || message || 'Error';
}

function describeArray(/** @type {any[]} */ array, /** @type {number} */ depth) {
  if (depth >= MAX_DEPTH) return `Array(${array.length})`;
  const items = [];
  for (let i = 0; i < array.length && i < MAX_ITEMS; i++) items.push(describe(array[i], depth + 1, false));
  if (array.length > MAX_ITEMS) items.push('…');
  return `[${items.join(', ')}]`;
}

/** Own enumerable fields. Like the developer tools, does not call getters. */
function describeObject(/** @type {any} */ object, /** @type {number} */ depth) {
  const ctor = Object.getPrototypeOf(object)?.constructor;
  // Compared by name: a frame has its own `Object`.
  const type = typeof ctor === 'function' && ctor.name !== 'Object' ? String(ctor.name) : '';
  // The bytes may be a key.
  if (ArrayBuffer.isView(object)) return `${type}(${object.byteLength})`;
  const keys = Object.keys(object);
  if (depth >= MAX_DEPTH) return type || '{…}';
  const fields = keys.slice(0, MAX_ITEMS).map((key) => {
    const field = Object.getOwnPropertyDescriptor(object, key);
    return `${key}: ${field && 'value' in field ? describe(field.value, depth + 1, false) : '(...)'}`;
  });
  if (keys.length > MAX_ITEMS) fields.push('…');
  return `${type ? `${type} ` : ''}{${fields.join(', ')}}`;
}

function read(/** @type {any} */ object, /** @type {string} */ key) {
  try {
    return object[key];
  } catch {
    return undefined;
  }
}
