// The requests that passed the proxy. Headers and queries are not stored, so neither are tokens.
import { createHash } from 'node:crypto';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('./homeserver').LoggedRequest} LoggedRequest */
/** @typedef {LoggedRequest & Partial<import('./homeserver').KeyUpload>} Entry */

const ENTRIES = 20_000;
const ANSWER_CHARACTERS = 4000;

export function createLog() {
  /** @type {Entry[]} */
  let entries = [];
  let number = 0;
  /** @param {string | undefined} tag */
  const ofTag = (tag) => (/** @type {Entry} */ entry) => entry.tag === tag;

  return {
    /** @param {Pick<Entry, 'method' | 'path' | 'tag' | 'fault'>} request */
    add(request) {
      number += 1;
      /** @type {Entry} */
      const entry = { number, at: Date.now(), status: 0, ms: 0, ...request };
      // The keys are known only when the body has arrived.
      if (isKeyUpload(request)) Object.assign(entry, { deviceKeys: false, oneTimeKeys: [], publicKeys: {} });
      entries.push(entry);
      if (entries.length > ENTRIES) entries.shift();
      return entry;
    },
    /** @param {string} [tag] without one: everything */
    list: (tag) => (tag === undefined ? entries : entries.filter(ofTag(tag))),
    /** @param {string} [tag] without one: requests without a tag */
    clear(tag) {
      const isRemoved = ofTag(tag);
      entries = entries.filter((entry) => !isRemoved(entry));
    },
  };
}

/** @param {{ method: string, path: string }} request */
export const isKeyUpload = ({ method, path }) => method === 'POST' && /\/keys\/upload$/.test(path);

/**
 * Notes the keys in an upload. Call it when the body starts to flow, because it reads along.
 *
 * @param {IncomingMessage} request
 * @param {Entry} entry
 */
export function noteUpload(request, entry) {
  // Tokens are random: a part of the hash distinguishes logins and reveals nothing.
  const { authorization } = request.headers;
  if (authorization) entry.user = createHash('sha256').update(authorization).digest('hex').slice(0, 8);
  collect(request, (text) => {
    try {
      const body = JSON.parse(text);
      entry.deviceKeys = Boolean(body.device_keys);
      /** @type {[string, { key: string }][]} */
      const keys = Object.entries(body.one_time_keys ?? {});
      entry.oneTimeKeys = keys.map(([id]) => id);
      entry.publicKeys = Object.fromEntries(keys.map(([id, { key }]) => [id, key]));
    } catch {
      // Not JSON, so without keys: the answer will say so.
    }
  });
}

/**
 * Notes the text of a refusal.
 *
 * @param {IncomingMessage} answer
 * @param {Entry} entry
 */
export function noteRefusal(answer, entry) {
  collect(answer, (text) => {
    entry.response = text.slice(0, ANSWER_CHARACTERS);
  });
}

/**
 * @param {IncomingMessage} message
 * @param {(text: string) => void} done
 */
function collect(message, done) {
  /** @type {Buffer[]} */
  const chunks = [];
  message.on('data', (chunk) => chunks.push(chunk));
  message.on('end', () => done(Buffer.concat(chunks).toString()));
}
