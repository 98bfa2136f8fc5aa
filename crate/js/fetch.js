// Watches `fetch` for uploads of one-time keys. Every other request pays for a look at its method, and nothing else:
// the promise it gets is the browser's own.

const { apply, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;

/** `v3`, `r0` (there with the device id behind it), `unstable`; not in a query. */
const UPLOAD = /^(?:[^?#]*\/)?_matrix\/client\/[^/?#]+\/keys\/upload(?:[/?#]|$)/;

/** Answers from memory come no faster than that: an SDK that tries again at once would take all of the page's time. */
const PACE_MS = 250;

/**
 * Who uploads, by the access token, which is only compared; and the server's last refusal. Renewed tokens push the oldest out.
 *
 * @type {Map<unknown, Client>}
 * @typedef {{ number: number, refusal?: { text: string, statusText: string, url: string } }} Client
 */
const clients = new Map();
const CLIENTS = 16;
let lastNumber = 0;

/**
 * @param {any} scope what has the `fetch`: the window
 * @param {(client: number, keyIds: string) => boolean} onUpload whether it is to be answered from memory
 * @param {(client: number, status: number, error: string, path: string) => boolean} onSettled whether the server refused
 *   the keys
 * @param {(error: unknown) => void} onFailure
 * @param {AbortSignal} signal lets `fetch` go without a call of the wasm: after a trap its memory may be half written
 */
export function tapFetch(scope, onUpload, onSettled, onFailure, signal) {
  let active = true;
  let lastHeld = 0;

  /** @type {<T>(call: () => T) => T | undefined} */
  const guarded = (call) => {
    try {
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

  const settle = (/** @type {Client} */ client, /** @type {Response} */ response, /** @type {string} */ asked) => {
    const { status, statusText } = response;
    const url = response.url || asked;
    const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*/, '');
    const tell = (/** @type {number} */ status, error = '') =>
      guarded(() => onSettled(client.number, status, error, path));
    if (status !== 400) {
      tell(status);
      return;
    }
    // Before whoever asked has seen it: the body can be read once only.
    const copy = response.clone();
    // Whoever asked may be faster to read it, and log it.
    tell(0);
    copy.text().then(
      (text) => {
        if (active && tell(400, errorOf(text))) client.refusal = { text, statusText, url };
      },
      () => {},
    );
  };

  /** @returns {Promise<Response>} */
  const answer = (/** @type {any} */ { text, statusText, url }, /** @type {AbortSignal | undefined} */ signal) => {
    const response = new Response(text, { status: 400, statusText, headers: { 'content-type': 'application/json' } });
    // The SDK puts the address into its error.
    defineProperty(response, 'url', { value: url });
    const now = Date.now();
    const wait = Math.min(Math.max(lastHeld + PACE_MS - now, 0), PACE_MS);
    lastHeld = now + wait;
    // No timer but where it is needed: those of a hidden page may come a minute late.
    if (!wait) return Promise.resolve(response);
    return new Promise((resolve, reject) => {
      setTimeout(() => (signal?.aborted ? reject(signal.reason) : resolve(response)), wait);
    });
  };

  const upload = (/** @type {any} */ self, /** @type {ArrayLike<any>} */ args, /** @type {string} */ url) => {
    const [input, init] = [args[0], args[1]];
    const ids = keyIds(init?.body);
    // No one-time keys in it: the device's own keys, or fallback keys.
    if (ids?.length === 0) return apply(original, self, args);
    const client = clientOf(authorization(init?.headers ?? input.headers));
    const { number, refusal } = client;
    const held =
      ids &&
      refusal &&
      !init.signal?.aborted &&
      guarded(() => onUpload(number, ids.join(' ')) && answer(refusal, init.signal));
    if (held) return held;
    const promise = apply(original, self, args);
    // Not beside it: a rejection that nobody handles is to be told as such.
    const watched = guarded(() =>
      promise.then((/** @type {Response} */ response) => {
        if (active) guarded(() => settle(client, response, url));
        return response;
      }),
    );
    return watched ?? promise;
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

/** The ids of the one-time keys; `undefined` where the body is not a text that tells them. Nothing else is read of it. */
function keyIds(/** @type {unknown} */ body) {
  if (typeof body !== 'string') return undefined;
  try {
    return Object.keys(JSON.parse(body).one_time_keys ?? {});
  } catch {
    return undefined;
  }
}

function clientOf(/** @type {unknown} */ token) {
  let client = clients.get(token);
  if (!client) {
    lastNumber += 1;
    client = { number: lastNumber };
    clients.set(token, client);
    if (clients.size > CLIENTS) clients.delete(clients.keys().next().value);
  }
  return client;
}

function authorization(/** @type {any} */ headers) {
  try {
    if (typeof headers?.get === 'function') return headers.get('authorization');
    return headers?.Authorization ?? headers?.authorization;
  } catch {
    return undefined;
  }
}

/** What the server says; no more of it than a line of the console may have, and a little that is read with it. */
function errorOf(/** @type {string} */ text) {
  let error = text;
  try {
    error = String(JSON.parse(text).error ?? text);
  } catch {
    // Not JSON: the text itself is looked at.
  }
  return error.slice(0, 32_768);
}
