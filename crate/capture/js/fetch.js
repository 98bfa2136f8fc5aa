// The thin wrapper of `fetch`: shows uploads of one-time keys to the module, and answers those that it holds back. Every
// other request pays for a look at its method, and nothing else: the promise it gets is the browser's own.

import { needStack, plain } from './console.js';
import { LONGEST, readCall, takeBuiltins } from './upload.js';

const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

/** `v3`, `r0` (there with the device id behind it), `unstable`; not in a query. */
const UPLOAD = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/keys\/upload(?:[/?#]|$)/;
const LOGOUT = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/logout(?:\/all)?(?:[?#]|$)/;
/** In arguments of 8 bytes: what the module takes of the stack for JSON that is as deep as it reads. */
const STACK = new Array(16_384).fill(undefined);

/**
 * What the module does with uploads. It says what one is answered with that is held back; it is told that an error came
 * that is still to be read, what the server answered, or that no answer came.
 *
 * @typedef {import('./upload.js').UploadCall} UploadCall
 * @typedef {{ status: number, statusText: string, body: string, afterMs: number }} FromMemory
 * @typedef {object} Uploads
 * @property {(call: UploadCall) => FromMemory | null | undefined} starts
 * @property {() => void} answered
 * @property {(call: UploadCall, status: number, statusText: string, body: string, url: string) => void} settled
 * @property {(call: UploadCall, error: unknown) => void} failed
 * @property {() => void} loggedOut the server has accepted a logout
 */

/**
 * Wraps the `fetch` of a scope. Nothing where it cannot be wrapped.
 *
 * @param {any} scope what has the `fetch`: the window
 * @param {Uploads} uploads
 * @param {(error: unknown) => void} onFailure
 * @param {import('./console.js').EndSignal} signal lets `fetch` go without a call of the wasm: after a trap its memory may be half written
 */
export function watchFetch(scope, uploads, onFailure, signal) {
  try {
    takeBuiltins();
    const original = scope.fetch;
    if (typeof original !== 'function') return undefined;
    return tapFetch(scope, original, createUpload(original, uploads, onFailure), signal);
  } catch {
    // What a page has put in place of `fetch`, or of what goes with it, may throw when it is only looked at.
    return undefined;
  }
}

/**
 * @param {any} scope
 * @param {Function} original
 * @param {ReturnType<typeof createUpload>} upload
 * @param {import('./console.js').EndSignal} signal
 */
function tapFetch(scope, original, upload, signal) {
  let active = true;
  const before = plain(getOwnPropertyDescriptor(scope, 'fetch'));
  const wrapper = {
    /** @this {any} */
    fetch(/** @type {any} */ input, /** @type {any} */ init) {
      // The commonest request has an address and nothing else.
      if (active && (init !== undefined || typeof input !== 'string')) {
        const url = watchedUrl(input, init);
        // biome-ignore lint/complexity/noArguments: rest parameters cost more, and this runs on every request.
        if (url !== undefined) return upload(this, arguments, url, () => active);
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

  /** Puts back what is still ours; becomes a pass-through where somebody has wrapped us since. */
  const release = () => {
    signal.removeEventListener('abort', release);
    active = false;
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

/** The address, where it is an upload of keys, or a logout. Whatever the host passes, this does not throw. */
function watchedUrl(/** @type {any} */ input, /** @type {any} */ init) {
  try {
    const method = init?.method ?? input?.method;
    if (method === undefined || method === 'GET') return undefined;
    if (method !== 'POST' && (typeof method !== 'string' || method.toUpperCase() !== 'POST')) return undefined;
    const url = typeof input === 'string' ? input : String(input?.href ?? input?.url ?? input);
    // The plain search dismisses nearly every one, and costs a tenth.
    const pattern = url.includes('/keys/upload') ? UPLOAD : url.includes('/logout') ? LOGOUT : undefined;
    return pattern?.test(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls what reads a request or its answer; nothing that goes wrong there reaches whoever asked.
 *
 * @param {(error: unknown) => void} onFailure
 * @returns {<T>(call: () => T) => T | undefined}
 */
function guardWith(onFailure) {
  return (call) => {
    try {
      needStack(STACK);
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
}

/**
 * What `fetch` does with an upload.
 *
 * @param {Function} original
 * @param {Uploads} uploads
 * @param {(error: unknown) => void} onFailure
 */
function createUpload(original, uploads, onFailure) {
  const guarded = guardWith(onFailure);
  const logOut = (
    /** @type {any} */ self,
    /** @type {ArrayLike<any>} */ args,
    /** @type {() => boolean} */ isActive,
  ) => {
    const promise = apply(original, self, args);
    const watched = guarded(() =>
      promise.then((/** @type {Response} */ response) => {
        if (isActive()) guarded(() => response.ok && uploads.loggedOut());
        return response;
      }),
    );
    return watched ?? promise;
  };

  return (
    /** @type {any} */ self,
    /** @type {ArrayLike<any>} */ args,
    /** @type {string} */ url,
    /** @type {() => boolean} */ isActive,
  ) => {
    if (!url.includes('/keys/upload')) return logOut(self, args, isActive);
    const [input, init] = [args[0], args[1]];
    const call = readCall(url, input, init);
    const held = guarded(() => {
      const refusal = init?.signal?.aborted ? undefined : uploads.starts(call);
      return refusal && answer(refusal, call.url, init?.signal);
    });
    if (held) return held;

    const settle = (/** @type {Response} */ response) => {
      const { status, statusText, ok } = response;
      const from = response.url || url;
      // Before whoever asked has seen it: the body can be read once only.
      const copy = response.clone();
      // Whoever asked may be faster to read it, and log it.
      if (!ok) uploads.answered();
      Promise.all([call.later ?? call, copy.text()]).then(
        ([call, text]) =>
          isActive() && guarded(() => uploads.settled(call, status, statusText, text.slice(0, LONGEST), from)),
        () => {},
      );
    };
    const fail = (/** @type {unknown} */ error) => {
      const tell = (/** @type {UploadCall} */ call) => isActive() && guarded(() => uploads.failed(call, error));
      if (call.later) call.later.then(tell);
      else tell(call);
    };

    const promise = apply(original, self, args);
    // Not beside it: a rejection that nobody handles is to be told as such.
    const watched = guarded(() =>
      promise.then(
        (/** @type {Response} */ response) => {
          if (isActive()) guarded(() => settle(response));
          return response;
        },
        (/** @type {unknown} */ error) => {
          if (isActive()) guarded(() => fail(error));
          throw error;
        },
      ),
    );
    return watched ?? promise;
  };
}

/** @returns {Promise<Response>} */
function answer(
  /** @type {FromMemory} */ { status, statusText, body, afterMs },
  /** @type {string | undefined} */ url,
  /** @type {AbortSignal | undefined} */ signal,
) {
  // Nothing here may come of what the page has put on `Object.prototype`.
  const headers = { __proto__: null, 'content-type': 'application/json' };
  const response = new Response(body, /** @type {any} */ ({ __proto__: null, status, statusText, headers }));
  // The SDK puts the address into its error.
  defineProperty(response, 'url', plain({ value: url }));
  // No timer but where it is needed: those of a hidden page may come a minute late.
  if (!afterMs) return Promise.resolve(response);
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal?.aborted ? reject(signal.reason) : resolve(response)), afterMs);
  });
}
