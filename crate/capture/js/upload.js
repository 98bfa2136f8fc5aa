// What is known of an upload of keys, as `upload.rs` reads it: ids and digests. No token and no body is kept.

const { apply, getOwnPropertyDescriptor } = Reflect;
const { isArray } = Array;
const { parse } = JSON;
const { keys: fieldsOf } = Object;
const { imul } = Math;

/**
 * @type {{ readHeader?: Headers['get'], copyRequest?: Request['clone'], Response: typeof Response, URL: typeof URL,
 *   salt: [number, number] } | undefined}
 */
let builtins;

/** Taken once, before the page can patch them: with the watch, as Node loads its `fetch` when one of them is looked at. */
export function takeBuiltins() {
  if (builtins) return builtins;
  const { Headers, Request, Response, URL } = globalThis;
  builtins = { readHeader: Headers?.prototype.get, copyRequest: Request?.prototype.clone, Response, URL, salt: salt() };
  return builtins;
}

/** Whoever reads a digest elsewhere learns nothing of what it was made of. @returns {[number, number]} */
function salt() {
  return [Math.random() * 2 ** 32, Math.random() * 2 ** 32];
}

/**
 * @typedef {{ url: string, line: string }} Where the address in full; the server and the sender, as the first line of a note
 * @typedef {{ who: string, text: string, later?: Promise<Note> | undefined }} Note `who`: the lines of it that say whose upload
 *   it is; `later`: what is known of it when the body is read
 */

/**
 * The server, by its origin and the path below which it answers, and the sender there: by the token, wherever it stands, and
 * by the user and device that an application service acts for. Where they cannot be told for certain, nobody.
 *
 * @returns {Where}
 */
export function whereOf(/** @type {string} */ asked, /** @type {any} */ input, /** @type {any} */ init) {
  try {
    const { URL } = takeBuiltins();
    const url = new URL(asked, globalThis.document?.baseURI);
    const server = url.origin + url.pathname.replace(/\/_matrix\/client\/[^/]+\/keys\/upload.*/, '');
    const query = ['access_token', 'user_id', 'device_id', 'org.matrix.msc3202.device_id'];
    const headers = init?.headers ?? (typeof input === 'object' ? input.headers : undefined);
    const sender = [server, authorizationIn(headers), ...query.map((name) => url.searchParams.getAll(name))];
    url.hash = '';
    return { url: url.href, line: `at ${digest(server)} ${digest(canonical(sender))}\n` };
  } catch {
    return { url: asked, line: '' };
  }
}

/**
 * A Request, a Blob and bytes can be read only later.
 *
 * @returns {Note}
 */
export function noteOf(/** @type {Where} */ { line }, /** @type {any} */ input, /** @type {any} */ init) {
  const unread = { who: line, text: `${line}unread`, later: undefined };
  try {
    const body = init?.body ?? undefined;
    if (typeof body === 'string') return noteOfText(line, body) ?? unread;
    const later = laterText(body, input)?.then(
      (text) => noteOfText(line, text) ?? unread,
      () => unread,
    );
    return { ...unread, later };
  } catch {
    return unread;
  }
}

/** @returns {Promise<string> | undefined} */
function laterText(/** @type {unknown} */ body, /** @type {any} */ input) {
  // What is read is a copy; of a stream there is none.
  if (body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    const { Response } = takeBuiltins();
    return new Response(/** @type {BodyInit} */ (body)).text();
  }
  if (body !== undefined || typeof input !== 'object') return undefined;
  return /** @type {Request} */ (apply(/** @type {any} */ (takeBuiltins().copyRequest), input, [])).text();
}

/** @returns {Note | undefined} nothing where it is not the JSON of an upload */
function noteOfText(/** @type {string} */ line, /** @type {string} */ text) {
  let body;
  try {
    body = parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const signers = new Set();
  let facts = '';
  for (const field of fieldsOf(body)) {
    const value = body[field];
    if (field === 'one_time_keys' && isObject(value)) {
      for (const id of fieldsOf(value)) {
        const key = value[id];
        signers.add(/\s/.test(id) ? '' : signerOf(own(key, 'signatures')));
        // The server compares them without their signatures, too.
        facts += `key ${id} ${digest(canonical(key, 'signatures'))}\n`;
      }
    } else if (!isEmpty(value)) {
      if (field === 'device_keys') signers.add(nameOf(own(value, 'user_id'), own(value, 'device_id')));
      facts += `with ${digest(canonical([field, value]))}\n`;
    }
  }
  let who = line;
  for (const signer of signers) who += `by ${signer}\n`;
  return { who, text: who + facts, later: undefined };
}

/** The one user, and the one device of that user, whose signature it is. */
function signerOf(/** @type {unknown} */ signatures) {
  const user = onlyFieldOf(signatures);
  const name = onlyFieldOf(own(signatures, user));
  return name.startsWith('ed25519:') ? nameOf(user, name.slice(8)) : '';
}

function onlyFieldOf(/** @type {unknown} */ value) {
  const fields = isObject(value) ? fieldsOf(value) : [];
  return fields.length === 1 ? (fields[0] ?? '') : '';
}

/** Nothing but blanks stands between the words of a note. */
function nameOf(/** @type {unknown} */ user, /** @type {unknown} */ device) {
  const isWord = (/** @type {unknown} */ word) => typeof word === 'string' && word !== '' && !/\s/.test(word);
  return isWord(user) && isWord(device) ? `${user} ${device}` : '';
}

/** As `fetch` reads it; throws where only `fetch` itself can. */
function authorizationIn(/** @type {any} */ headers) {
  if (headers === undefined || headers === null) return [];
  try {
    const value = apply(/** @type {any} */ (takeBuiltins().readHeader), headers, ['authorization']);
    return value === null ? [] : [value];
  } catch {
    // None of the browser's own Headers.
  }
  // What is neither a list nor a plain object may give its entries once only.
  if (!isArray(headers) && headers[Symbol.iterator] !== undefined) throw new TypeError('unknown headers');
  const found = [];
  for (const field of fieldsOf(headers)) {
    const [name, value] = isArray(headers) ? [...headers[Number(field)]] : [field, own(headers, field)];
    if (typeof name !== 'string') throw new TypeError('unknown headers');
    if (name.toLowerCase() !== 'authorization') continue;
    if (typeof value !== 'string') throw new TypeError('unknown headers');
    found.push(value);
  }
  return found;
}

/** @returns {value is Record<string, any>} */
const isObject = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null;

const isEmpty = (/** @type {unknown} */ value) => value === null || (isObject(value) && fieldsOf(value).length === 0);

/** Not what the page has put on `Object.prototype`, and not what a getter gives the second time. */
const own = (/** @type {any} */ object, /** @type {string} */ name) =>
  isObject(object) ? getOwnPropertyDescriptor(object, name)?.value : undefined;

/** The same for the same JSON, in whatever order its fields stand. */
function canonical(/** @type {unknown} */ value, /** @type {string | undefined} */ without = undefined) {
  if (!isObject(value)) {
    const text = String(value);
    return `${typeof value} ${text.length} ${text}`;
  }
  let text = isArray(value) ? '[' : '{';
  for (const field of fieldsOf(value).sort()) {
    if (field !== without) text += `${field.length} ${field} ${canonical(value[field])},`;
  }
  return `${text}}`;
}

/** Only to be compared: 64 bits, by the mixing of MurmurHash. */
function digest(/** @type {string} */ text) {
  let [a, b] = takeBuiltins().salt;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = imul(a ^ code, 0x85ebca6b);
    b = imul(b ^ code, 0xc2b2ae35);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  a = imul(a ^ (a >>> 16), 0x85ebca6b) ^ imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = imul(b ^ (b >>> 16), 0x85ebca6b) ^ imul(a ^ (a >>> 13), 0xc2b2ae35);
  return `${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}`;
}
