// What a call of `fetch` that uploads keys tells, taken before the request is sent: that uses up its body. What it says is
// read in Rust (`upload.rs` of the core).

const { apply, getOwnPropertyDescriptor } = Reflect;
const { isArray } = Array;
const { keys: fieldsOf } = Object;

/** In UTF-16 units; uploads are of some twenty thousand. What is longer is not handed to the module, which never gives memory back. */
export const LONGEST = 2 ** 20;

/** @type {{ readHeader?: Headers['get'], copyRequest?: Request['clone'], Response: typeof Response, URL: typeof URL } | undefined} */
let builtins;

/** Taken once, before the page can patch them: with the watch, as Node loads its `fetch` when one of them is looked at. */
export function takeBuiltins() {
  if (builtins) return builtins;
  const { Headers, Request, Response, URL } = globalThis;
  builtins = { readHeader: Headers?.prototype.get, copyRequest: Request?.prototype.clone, Response, URL };
  return builtins;
}

/**
 * @typedef {object} UploadCall
 * @property {string} asked the address as it was given
 * @property {string | undefined} url in full; nothing where it cannot be told for certain who sends it
 * @property {string | undefined} authorization the header
 * @property {string | undefined} body nothing where it cannot be read
 * @property {Promise<UploadCall> | undefined} later the same with its body, where that can be read only later
 */

/**
 * Whatever the page passes, this does not throw.
 *
 * @returns {UploadCall}
 */
export function readCall(/** @type {string} */ asked, /** @type {any} */ input, /** @type {any} */ init) {
  /** @type {UploadCall} */
  const call = { asked, url: undefined, authorization: undefined, body: undefined, later: undefined };
  try {
    const url = new (takeBuiltins().URL)(asked, globalThis.document?.baseURI);
    url.hash = '';
    call.authorization = authorizationIn(init?.headers ?? (typeof input === 'object' ? input.headers : undefined));
    call.url = url.href;
  } catch {
    // Then it is nobody's.
  }
  try {
    const body = init?.body ?? undefined;
    const read = (/** @type {string} */ text) => ({ ...call, body: text.length <= LONGEST ? text : undefined });
    if (typeof body === 'string') return read(body);
    const later = laterText(body, input)?.then(read, () => ({ ...call }));
    return { ...call, later };
  } catch {
    return call;
  }
}

/**
 * A Request, a Blob and bytes can be read only later. What is read is a copy; of a stream there is none.
 *
 * @returns {Promise<string> | undefined}
 */
function laterText(/** @type {unknown} */ body, /** @type {any} */ input) {
  const { Response, copyRequest } = takeBuiltins();
  if (body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return new Response(/** @type {BodyInit} */ (body)).text();
  }
  if (body !== undefined || typeof input !== 'object') return undefined;
  return /** @type {Request} */ (apply(/** @type {any} */ (copyRequest), input, [])).text();
}

/** As `fetch` reads it; throws where only `fetch` itself can. */
function authorizationIn(/** @type {any} */ headers) {
  if (headers === undefined || headers === null) return undefined;
  try {
    return apply(/** @type {any} */ (takeBuiltins().readHeader), headers, ['authorization']) ?? undefined;
  } catch {
    // None of the browser's own Headers.
  }
  // What is neither a list nor a plain object may give its entries once only.
  if (!isArray(headers) && headers[Symbol.iterator] !== undefined) throw new TypeError('unknown headers');
  let found;
  for (const field of fieldsOf(headers)) {
    // Not what the page has put on `Object.prototype`, and not what a getter gives the second time.
    const own = getOwnPropertyDescriptor(headers, field)?.value;
    const [name, value] = isArray(headers) ? [...own] : [field, own];
    if (typeof name !== 'string') throw new TypeError('unknown headers');
    if (name.toLowerCase() !== 'authorization') continue;
    if (typeof value !== 'string') throw new TypeError('unknown headers');
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}
