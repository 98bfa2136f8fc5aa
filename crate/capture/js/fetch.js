// Watches `fetch` for uploads of one-time keys. Every other request pays for a look at its method, and nothing else:
// the promise it gets is the browser's own.

import { needStack, plain } from './console.js';
import { noteOf, takeBuiltins, whereOf } from './upload.js';

const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;
// The clock as it was when the page was loaded: a host, or a test of it, may put another in its place.
const { now } = Date;

/** `v3`, `r0` (there with the device id behind it), `unstable`; not in a query. */
const UPLOAD = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/keys\/upload(?:[/?#]|$)/;

/** Answers from memory come no faster than that: an SDK that tries again at once would take all of the page's time. */
const PACE_MS = 250;

/**
 * The server's last refusal of each device, by who it is. The longest is that of a proxy's error page.
 *
 * @type {Map<string, { text: string, statusText: string }>}
 */
const refusals = new Map();
const REFUSALS = 16;
const LONGEST = 65_536;

/**
 * Wraps the `fetch` of a scope. Nothing where it cannot be wrapped.
 *
 * @param {any} scope what has the `fetch`: the window
 * @param {(upload: string) => boolean} onUpload whether it is to be answered from memory
 * @param {(upload: string, status: number, answer: string, path: string) => boolean} onSettled whether the server refused
 *   the keys; status 0: no answer came; without an upload before an error is read
 * @param {() => void} onSign the server may accept again
 * @param {(error: unknown) => void} onFailure
 * @param {import('./console.js').EndSignal} signal lets `fetch` go without a call of the wasm: after a trap its memory may be half written
 */
export function watchFetch(scope, onUpload, onSettled, onSign, onFailure, signal) {
  try {
    return tapFetch(scope, onUpload, onSettled, onSign, onFailure, signal);
  } catch {
    // What a page has put in place of `fetch`, or of what goes with it, may throw when it is only looked at.
    return undefined;
  }
}

/**
 * @param {any} scope what has the `fetch`: the window
 * @param {(upload: string) => boolean} onUpload whether it is to be answered from memory
 * @param {(upload: string, status: number, error: string, path: string) => boolean} onSettled whether the server refused
 *   the keys
 * @param {() => void} onSign the server may accept again
 * @param {(error: unknown) => void} onFailure
 * @param {import('./console.js').EndSignal} signal lets `fetch` go without a call of the wasm: after a trap its memory may be half written
 */
export function tapFetch(scope, onUpload, onSettled, onSign, onFailure, signal) {
  takeBuiltins();
  let active = true;
  let lastHeld = 0;

  /** @type {<T>(call: () => T) => T | undefined} */
  const guarded = (call) => {
    try {
      needStack();
      return call();
    } catch (error) {
      try {
        // Whatever else it is, an odd answer or a promise that is none, costs no more than this one answer.
        if (error instanceof WebAssembly.RuntimeError) onFailure(error);
      } catch {
        // There is nobody left to tell.
      }
      return undefined;
    }
  };

  const settle = (
    /** @type {import('./upload.js').Note} */ note,
    /** @type {Response} */ response,
    /** @type {string} */ asked,
  ) => {
    const { status, statusText } = response;
    const path = (response.url || asked).replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*/, '');
    const tell = (/** @type {string} */ upload, /** @type {number} */ status, answer = '') =>
      active && guarded(() => onSettled(upload, status, answer, path));
    // Before whoever asked has seen it: the body can be read once only.
    const copy = response.clone();
    // Whoever asked may be faster to read it, and log it.
    if (!response.ok) tell('', 0);
    Promise.all([note.later ?? note, copy.text()]).then(
      ([note, text]) => {
        if (!tell(note.text, status, wordsOf(text)) || text.length > LONGEST) return;
        refusals.delete(note.who);
        refusals.set(note.who, { text, statusText });
        if (refusals.size > REFUSALS) refusals.delete(refusals.keys().next().value ?? '');
      },
      () => {},
    );
  };

  /** No answer came. What whoever asked gave up itself says nothing of the server. */
  const fail = (
    /** @type {import('./upload.js').Note} */ note,
    /** @type {any} */ error,
    /** @type {string} */ asked,
  ) => {
    if (error?.name === 'AbortError') return;
    const words = String(error?.message ?? error).slice(0, 512);
    const path = asked.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*/, '');
    const tell = (/** @type {string} */ upload) => active && guarded(() => onSettled(upload, 0, words, path));
    if (note.later) note.later.then(({ text }) => tell(text));
    else tell(note.text);
  };

  /** @returns {Promise<Response>} */
  const answer = (
    /** @type {{ text: string, statusText: string }} */ { text, statusText },
    /** @type {string} */ url,
    /** @type {AbortSignal | undefined} */ signal,
  ) => {
    // Nothing here may come of what the page has put on `Object.prototype`.
    const headers = { __proto__: null, 'content-type': 'application/json' };
    const init = { __proto__: null, status: 400, statusText, headers };
    const response = new Response(text, /** @type {any} */ (init));
    // The SDK puts the address into its error.
    defineProperty(response, 'url', plain({ value: url }));
    const time = now();
    const wait = Math.min(Math.max(lastHeld + PACE_MS - time, 0), PACE_MS);
    lastHeld = time + wait;
    // No timer but where it is needed: those of a hidden page may come a minute late.
    if (!wait) return Promise.resolve(response);
    return new Promise((resolve, reject) => {
      setTimeout(() => (signal?.aborted ? reject(signal.reason) : resolve(response)), wait);
    });
  };

  const upload = (/** @type {any} */ self, /** @type {ArrayLike<any>} */ args, /** @type {string} */ url) => {
    const [input, init] = [args[0], args[1]];
    // Before the request is sent: that uses up its body.
    const where = whereOf(url, input, init);
    const note = noteOf(where, input, init);
    const refusal = refusals.get(note.who);
    const held =
      refusal &&
      !init?.signal?.aborted &&
      guarded(() => onUpload(note.text) && answer(refusal, where.url, init?.signal));
    if (held) return held;
    const promise = apply(original, self, args);
    // Not beside it: a rejection that nobody handles is to be told as such.
    const watched = guarded(() =>
      promise.then(
        (/** @type {Response} */ response) => {
          if (active) guarded(() => settle(note, response, url));
          return response;
        },
        (/** @type {unknown} */ error) => {
          if (active) guarded(() => fail(note, error, url));
          throw error;
        },
      ),
    );
    return watched ?? promise;
  };

  const original = scope.fetch;
  if (typeof original !== 'function') return undefined;
  const before = plain(getOwnPropertyDescriptor(scope, 'fetch'));
  const wrapper = {
    /** @this {any} */
    fetch(/** @type {any} */ input, /** @type {any} */ init) {
      // The commonest request has an address and nothing else.
      if (active && (init !== undefined || typeof input !== 'string')) {
        const url = uploadUrl(input, init);
        // biome-ignore lint/complexity/noArguments: rest parameters cost more, and this runs on every request.
        if (url !== undefined) return upload(this, arguments, url);
      }
      // biome-ignore lint/complexity/noArguments: as above.
      return apply(original, this, arguments);
    },
  }.fetch;
  // As the browser's own.
  defineProperty(wrapper, 'length', plain({ value: original.length, configurable: true }));
  const enumerable = before?.enumerable ?? true;
  if (!defineProperty(scope, 'fetch', plain({ value: wrapper, writable: true, enumerable, configurable: true }))) {
    return undefined;
  }

  // A network that came back, and a person who looks again.
  const handleSign = () => {
    if (active && globalThis.document?.visibilityState !== 'hidden') guarded(onSign);
  };
  listen('addEventListener', handleSign);

  /** Puts back what is still ours; becomes a pass-through where somebody has wrapped us since. */
  const release = () => {
    signal.removeEventListener('abort', release);
    active = false;
    listen('removeEventListener', handleSign);
    try {
      if (getOwnPropertyDescriptor(scope, 'fetch')?.value !== wrapper) return;
      if (before) defineProperty(scope, 'fetch', before);
      else deleteProperty(scope, 'fetch');
    } catch {
      // Frozen since: a pass-through is all that can be left.
    }
  };
  signal.addEventListener('abort', release);
  return { release };
}

/** The address, where it is an upload of keys. Whatever the host passes, this does not throw. */
function uploadUrl(/** @type {any} */ input, /** @type {any} */ init) {
  try {
    const method = init?.method ?? input?.method;
    if (method === undefined || method === 'GET') return undefined;
    if (method !== 'POST' && (typeof method !== 'string' || method.toUpperCase() !== 'POST')) return undefined;
    const url = typeof input === 'string' ? input : String(input?.href ?? input?.url ?? input);
    // The plain search dismisses nearly every one, and costs a tenth.
    return url.includes('/keys/upload') && UPLOAD.test(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

function listen(/** @type {'addEventListener' | 'removeEventListener'} */ method, /** @type {() => void} */ handle) {
  try {
    globalThis[method]?.('online', handle);
    globalThis.document?.[method]('visibilitychange', handle);
  } catch {
    // Then the time alone decides.
  }
}

/**
 * What the server says; of a refusal its sentence alone, as it stands in a line of the console. No more of it than such a
 * line may have, and a little that is read with it.
 */
function wordsOf(/** @type {string} */ text) {
  let words = text;
  try {
    if (text.includes('already exists')) words = String(JSON.parse(text).error ?? text);
  } catch {
    // Not JSON: the text itself is looked at.
  }
  return words.slice(0, 32_768);
}
