// Watches `fetch` for uploads of one-time keys. Every other request pays for a look at its method, and nothing else:
// the promise it gets is the browser's own.

const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

/** `v3`, `r0` (there with the device id behind it), `unstable`. */
const UPLOAD = /\/_matrix\/client\/[^/?#]+\/keys\/upload(?:[/?#]|$)/;

/**
 * @param {any} scope what has the `fetch`: the window
 * @param {(keyIds: string, isNews: boolean) => boolean} onUpload whether it is to be answered from memory
 * @param {(status: number, error: string, path: string) => boolean} onSettled whether the server refused the keys
 * @param {(error: unknown) => void} onFailure
 */
export function tapFetch(scope, onUpload, onSettled, onFailure) {
  let active = true;
  /** The server's last refusal. @type {{ text: string, statusText: string } | undefined} */
  let refusal;
  /** Only to be compared: another token may be another device. @type {unknown} */
  let lastToken;

  /** @type {<T>(call: () => T) => T | undefined} */
  const guarded = (call) => {
    try {
      return call();
    } catch (error) {
      try {
        // After a trap the module's memory may be half written: it is not called again.
        if (error instanceof WebAssembly.RuntimeError) active = false;
        onFailure(error);
      } catch {
        // There is nobody left to tell.
      }
      return undefined;
    }
  };

  const settle = (/** @type {Response} */ response, /** @type {string} */ url) => {
    const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*/, '');
    if (response.status !== 400) {
      guarded(() => onSettled(response.status, '', path));
      return;
    }
    // Whoever asked may be faster to read it, and log it.
    guarded(() => onSettled(0, '', path));
    // Before whoever asked has seen it: the body can be read once only.
    const copy = response.clone();
    copy.text().then(
      (text) => {
        if (!active) return;
        const isRefusal = guarded(() => onSettled(400, errorOf(text), path));
        if (isRefusal) refusal = { text, statusText: response.statusText };
      },
      () => {},
    );
  };

  const upload = (/** @type {any} */ self, /** @type {ArrayLike<any>} */ args, /** @type {string} */ url) => {
    const [input, init] = [args[0], args[1]];
    const ids = keyIds(init?.body);
    // No one-time keys in it: the device's own keys, or fallback keys.
    const isOther = ids?.length === 0;
    const token = authorization(init?.headers ?? input.headers);
    const isNews = lastToken !== undefined && token !== lastToken;
    lastToken = token;
    const isHeld = ids !== undefined && !isOther && guarded(() => onUpload(ids.join(' '), isNews));
    if (isHeld && refusal && !init?.signal?.aborted) {
      const headers = { 'content-type': 'application/json' };
      const response = new Response(refusal.text, { status: 400, statusText: refusal.statusText, headers });
      // The SDK puts the address into its error.
      defineProperty(response, 'url', { value: new URL(url, globalThis.location?.href).href });
      return Promise.resolve(response);
    }
    const promise = apply(original, self, args);
    if (!isOther) {
      promise.then(
        (/** @type {Response} */ response) => {
          if (active) guarded(() => settle(response, url));
        },
        () => {},
      );
    }
    return promise;
  };

  const original = scope.fetch;
  if (typeof original !== 'function') return undefined;
  const before = getOwnPropertyDescriptor(scope, 'fetch');
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
  defineProperty(wrapper, 'length', { value: original.length, configurable: true });
  const enumerable = before?.enumerable ?? true;
  if (!defineProperty(scope, 'fetch', { value: wrapper, writable: true, enumerable, configurable: true })) {
    return undefined;
  }

  return {
    /** Puts back what is still ours; becomes a pass-through where somebody has wrapped us since. */
    release() {
      active = false;
      try {
        if (getOwnPropertyDescriptor(scope, 'fetch')?.value !== wrapper) return;
        if (before) defineProperty(scope, 'fetch', before);
        else deleteProperty(scope, 'fetch');
      } catch {
        // Frozen since: a pass-through is all that can be left.
      }
    },
  };
}

/** The address, where it is an upload of keys. Whatever the host passes, this does not throw. */
function uploadUrl(/** @type {any} */ input, /** @type {any} */ init) {
  try {
    const method = init?.method ?? input?.method;
    if (method === undefined || method === 'GET') return undefined;
    if (typeof method !== 'string' || method.toUpperCase() !== 'POST') return undefined;
    const url = typeof input === 'string' ? input : String(input?.url ?? input);
    return UPLOAD.test(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of the one-time keys; `undefined` where the body is not a text that tells them. Nothing else is read of it. */
function keyIds(/** @type {unknown} */ body) {
  if (typeof body !== 'string') return undefined;
  try {
    return Object.keys(JSON.parse(body).one_time_keys ?? {});
  } catch {
    return undefined;
  }
}

function authorization(/** @type {any} */ headers) {
  try {
    if (typeof headers?.get === 'function') return headers.get('authorization');
    return headers?.Authorization ?? headers?.authorization;
  } catch {
    return undefined;
  }
}

function errorOf(/** @type {string} */ text) {
  try {
    const { error } = JSON.parse(text);
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}
