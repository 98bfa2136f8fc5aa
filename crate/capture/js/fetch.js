// The thin wrapper of `fetch`: shows uploads of one-time keys to the module, and answers those that the module holds
// back. For any other request it only checks the method; the caller gets the browser's own promise.

import { needStack, plain } from './console.js';
import { MAX_BODY_LENGTH, readCall, saveBuiltins } from './upload.js';

const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

/** Under `v3`, `r0` (there followed by the device id) or `unstable`; not in a query. */
const UPLOAD = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/keys\/upload(?:[/?#]|$)/;
const LOGOUT = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/logout(?:\/all)?(?:[?#]|$)/;
/** In arguments of 8 bytes: the stack that the module needs for the deepest JSON it reads. */
const STACK = new Array(16_384).fill(undefined);

/**
 * How the module follows an upload. `onStart` returns the answer for an upload that is held back; the others report that
 * an error response arrived and is still being read, what the server answered, or that no response came.
 *
 * @typedef {import('./upload.js').UploadCall} UploadCall
 * @typedef {{ status: number, statusText: string, body: string, afterMs: number }} FromMemory
 * @typedef {object} UploadHooks
 * @property {(call: UploadCall) => FromMemory | null | undefined} onStart
 * @property {() => void} onErrorResponse
 * @property {(call: UploadCall, status: number, statusText: string, body: string, url: string) => void} onResponse
 * @property {(call: UploadCall, error: unknown) => void} onNoResponse
 * @property {() => void} onLogout the server has accepted a logout
 */

/**
 * Wraps the `fetch` of a scope; returns `undefined` if it cannot be wrapped.
 *
 * @param {any} scope the object whose `fetch` is wrapped, such as the window
 * @param {UploadHooks} hooks
 * @param {(error: unknown) => void} onFailure
 * @param {import('./console.js').EndSignal} signal restores `fetch` without calling the wasm, which may have trapped
 */
export function watchFetch(scope, hooks, onFailure, signal) {
  try {
    saveBuiltins();
    const original = scope.fetch;
    if (typeof original !== 'function') return undefined;
    return tapFetch(scope, original, createUpload(original, hooks, onFailure), signal);
  } catch {
    // If the page has replaced `fetch` or related globals, even reading them may throw.
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
      // Fast path: most requests are a URL string and nothing else.
      if (active && (init !== undefined || typeof input !== 'string')) {
        const url = watchedUrl(input, init);
        // biome-ignore lint/complexity/noArguments: rest parameters cost more, and this runs on every request.
        if (url !== undefined) return upload(this, arguments, url, () => active);
      }
      // biome-ignore lint/complexity/noArguments: as above.
      return apply(original, this, arguments);
    },
  }.fetch;
  // Same `length` as the browser's own `fetch`.
  defineProperty(wrapper, 'length', plain({ value: original.length, configurable: true }));
  const enumerable = before?.enumerable ?? true;
  if (!defineProperty(scope, 'fetch', plain({ value: wrapper, writable: true, enumerable, configurable: true }))) {
    return undefined;
  }

  /** Restores `fetch` if it is still ours; if other code has wrapped ours since, it becomes a pass-through. */
  const release = () => {
    signal.removeEventListener('abort', release);
    active = false;
    try {
      if (getOwnPropertyDescriptor(scope, 'fetch')?.value !== wrapper) return;
      if (before) defineProperty(scope, 'fetch', before);
      else deleteProperty(scope, 'fetch');
    } catch {
      // The object was frozen meanwhile: our wrapper stays, as a pass-through.
    }
  };
  signal.addEventListener('abort', release);
  return { release };
}

/** The URL if the request uploads keys or logs out, otherwise `undefined`. Never throws, for any arguments. */
function watchedUrl(/** @type {any} */ input, /** @type {any} */ init) {
  try {
    const method = init?.method ?? input?.method;
    if (method === undefined || method === 'GET') return undefined;
    if (method !== 'POST' && (typeof method !== 'string' || method.toUpperCase() !== 'POST')) return undefined;
    const url = typeof input === 'string' ? input : String(input?.href ?? input?.url ?? input);
    // The plain search rules out nearly every request at a tenth of the cost.
    const pattern = url.includes('/keys/upload') ? UPLOAD : url.includes('/logout') ? LOGOUT : undefined;
    return pattern?.test(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs code that reads a request or its answer; its exceptions never reach the caller of `fetch`.
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
        // Any other error (an odd answer, a value that is not a promise) costs only this one answer.
        if (error instanceof WebAssembly.RuntimeError) onFailure(error);
      } catch {
        // Nothing is left to report to.
      }
      return undefined;
    }
  };
}

/**
 * Creates the function that `fetch` calls for an upload or a logout.
 *
 * @param {Function} original
 * @param {UploadHooks} hooks
 * @param {(error: unknown) => void} onFailure
 */
function createUpload(original, hooks, onFailure) {
  const guarded = guardWith(onFailure);
  const logOut = (
    /** @type {any} */ self,
    /** @type {ArrayLike<any>} */ args,
    /** @type {() => boolean} */ isActive,
  ) => {
    const promise = apply(original, self, args);
    const watched = guarded(() =>
      promise.then((/** @type {Response} */ response) => {
        if (isActive()) guarded(() => response.ok && hooks.onLogout());
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
    const localAnswer = guarded(() => {
      const refusal = init?.signal?.aborted ? undefined : hooks.onStart(call);
      return refusal && responseOf(refusal, call.url, init?.signal);
    });
    if (localAnswer) return localAnswer;

    const readResponse = (/** @type {Response} */ response) => {
      const { status, statusText, ok } = response;
      const from = response.url || url;
      // Clone before the caller sees the response: a body can be read only once.
      const copy = response.clone();
      // The caller may read and log the body before we have read the copy.
      if (!ok) hooks.onErrorResponse();
      Promise.all([call.later ?? call, copy.text()]).then(
        ([call, text]) =>
          isActive() && guarded(() => hooks.onResponse(call, status, statusText, text.slice(0, MAX_BODY_LENGTH), from)),
        () => {},
      );
    };
    const handleNoResponse = (/** @type {unknown} */ error) => {
      const report = (/** @type {UploadCall} */ call) => isActive() && guarded(() => hooks.onNoResponse(call, error));
      if (call.later) call.later.then(report);
      else report(call);
    };

    const promise = apply(original, self, args);
    // Return the chained promise, not the original: a rejection without a handler must still be reported as unhandled.
    const watched = guarded(() =>
      promise.then(
        (/** @type {Response} */ response) => {
          if (isActive()) guarded(() => readResponse(response));
          return response;
        },
        (/** @type {unknown} */ error) => {
          if (isActive()) guarded(() => handleNoResponse(error));
          throw error;
        },
      ),
    );
    return watched ?? promise;
  };
}

/** @returns {Promise<Response>} */
function responseOf(
  /** @type {FromMemory} */ { status, statusText, body, afterMs },
  /** @type {string | undefined} */ url,
  /** @type {AbortSignal | undefined} */ signal,
) {
  // Without a prototype: nothing may come from what the page has put on `Object.prototype`.
  const headers = { __proto__: null, 'content-type': 'application/json' };
  const response = new Response(body, /** @type {any} */ ({ __proto__: null, status, statusText, headers }));
  // The SDK puts the URL into its error.
  defineProperty(response, 'url', plain({ value: url }));
  // Use a timer only if needed: in a hidden page it may fire a minute late.
  if (!afterMs) return Promise.resolve(response);
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal?.aborted ? reject(signal.reason) : resolve(response)), afterMs);
  });
}
