// Reads a `fetch` call that uploads keys, before the request is sent: sending uses up the body. Rust parses what is
// read (`upload.rs` of the core).

const { apply, getOwnPropertyDescriptor } = Reflect;
const { isArray } = Array;
const { keys: fieldsOf } = Object;

/** In UTF-16 units; an upload has about 20,000. Longer ones are not passed to the module: its memory never shrinks. */
export const MAX_BODY_LENGTH = 2 ** 20;

/** @type {{ readHeader?: Headers['get'], copyRequest?: Request['clone'], Response: typeof Response, URL: typeof URL } | undefined} */
let builtins;

/** Saved once, before the page can patch them. Not at import: in Node, reading one of them loads its `fetch`. */
export function saveBuiltins() {
  if (builtins) return builtins;
  const { Headers, Request, Response, URL } = globalThis;
  builtins = { readHeader: Headers?.prototype.get, copyRequest: Request?.prototype.clone, Response, URL };
  return builtins;
}

/**
 * @typedef {object} UploadCall
 * @property {string} asked the URL as it was passed
 * @property {string | undefined} url the full URL; `undefined` if the sender is not certain
 * @property {string | undefined} authorization the header
 * @property {string | undefined} body `undefined` if it cannot be read
 * @property {Promise<UploadCall> | undefined} later the same with its body, if the body can be read only later
 */

/**
 * Never throws, for any arguments.
 *
 * @returns {UploadCall}
 */
export function readCall(/** @type {string} */ asked, /** @type {any} */ input, /** @type {any} */ init) {
  /** @type {UploadCall} */
  const call = { asked, url: undefined, authorization: undefined, body: undefined, later: undefined };
  try {
    const url = new (saveBuiltins().URL)(asked, globalThis.document?.baseURI);
    url.hash = '';
    call.authorization = authorizationIn(init?.headers ?? (typeof input === 'object' ? input.headers : undefined));
    call.url = url.href;
  } catch {
    // The upload's sender stays unknown.
  }
  try {
    const body = init?.body ?? undefined;
    const read = (/** @type {string} */ text) => ({ ...call, body: text.length <= MAX_BODY_LENGTH ? text : undefined });
    if (typeof body === 'string') return read(body);
    const later = readTextLater(body, input)?.then(read, () => ({ ...call }));
    return { ...call, later };
  } catch {
    return call;
  }
}

/**
 * A Request, a Blob and bytes can be read only later. Reads a copy; a stream cannot be copied.
 *
 * @returns {Promise<string> | undefined}
 */
function readTextLater(/** @type {unknown} */ body, /** @type {any} */ input) {
  const { Response, copyRequest } = saveBuiltins();
  if (body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return new Response(/** @type {BodyInit} */ (body)).text();
  }
  if (body !== undefined || typeof input !== 'object') return undefined;
  return /** @type {Request} */ (apply(/** @type {any} */ (copyRequest), input, [])).text();
}

/** Reads the header like `fetch`; throws if only `fetch` itself can read it. */
function authorizationIn(/** @type {any} */ headers) {
  if (headers === undefined || headers === null) return undefined;
  try {
    return apply(/** @type {any} */ (saveBuiltins().readHeader), headers, ['authorization']) ?? undefined;
  } catch {
    // Not the browser's own Headers.
  }
  // An iterable that is not an array may yield its entries only once.
  if (!isArray(headers) && headers[Symbol.iterator] !== undefined) throw new TypeError('unknown headers');
  let found;
  for (const field of fieldsOf(headers)) {
    // Own values only: not from `Object.prototype`, and not from a getter, which may return something else next time.
    const own = getOwnPropertyDescriptor(headers, field)?.value;
    const [name, value] = isArray(headers) ? [...own] : [field, own];
    if (typeof name !== 'string') throw new TypeError('unknown headers');
    if (name.toLowerCase() !== 'authorization') continue;
    if (typeof value !== 'string') throw new TypeError('unknown headers');
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}
