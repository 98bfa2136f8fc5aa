// The proxy's interface for tests in other processes, below `/_proxy/`. Below `/tag/<name>/_proxy/`, it sees and
// changes only what carries the tag; without a tag, it sees everything and changes what carries no tag.

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {Pick<import('./synapse.mjs').Synapse, 'register' | 'query' | 'logFile' | 'database'>} Homeserver */
/** @typedef {(body: () => Promise<unknown>, tag: string | undefined) => unknown} Action */

const BODY_BYTES = 1024 * 1024;

/**
 * @param {object} parts
 * @param {ReturnType<typeof import('./log.mjs').createLog>} parts.log
 * @param {ReturnType<typeof import('./rules.mjs').createRules>} parts.rules
 * @param {Homeserver} parts.synapse
 */
export function createControl({ log, rules, synapse }) {
  /** @type {Record<string, Record<string, Action>>} */
  const actions = {
    requests: {
      GET: (_, tag) => log.list(tag),
      DELETE: (_, tag) => log.clear(tag),
    },
    rules: {
      GET: (_, tag) => rules.list(tag),
      POST: async (body, tag) => rules.set(await body(), tag),
      DELETE: (_, tag) => rules.set([], tag),
    },
    server: {
      GET: () => ({ database: synapse.database, logFile: synapse.logFile }),
    },
    register: {
      async POST(body) {
        const { localpart, password } = fields(await body());
        if (typeof localpart !== 'string' || !localpart)
          throw new TypeError('localpart: not a string with something in it');
        if (typeof password !== 'string' || !password)
          throw new TypeError('password: not a string with something in it');
        return synapse.register(localpart, password);
      },
    },
    query: {
      async POST(body) {
        const { sql, params = [] } = fields(await body());
        if (typeof sql !== 'string') throw new TypeError('sql: not a string');
        if (!Array.isArray(params)) throw new TypeError('params: not an array');
        return synapse.query(sql, ...params);
      },
    },
  };

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} name what follows `/_proxy/`
   * @param {string | undefined} tag
   */
  return async (request, response, name, tag) => {
    const methods = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!methods) return send(response, 404, { error: `There is no /_proxy/${name}, only ${Object.keys(actions)}` });
    const action = methods[request.method ?? ''];
    if (!action) return send(response, 405, { error: `/_proxy/${name} takes only ${Object.keys(methods)}` });
    try {
      const result = await action(() => readJson(request), tag);
      send(response, result === undefined ? 204 : 200, result);
    } catch (error) {
      // Whether our own check, Synapse or SQLite rejected it: the caller's request was wrong.
      send(response, 400, { error: /** @type {Error} */ (error).message });
    }
  };
}

/**
 * @param {unknown} body
 * @returns {Record<string, unknown>}
 */
function fields(body) {
  if (typeof body !== 'object' || body === null) throw new TypeError('The body is not an object');
  return /** @type {Record<string, unknown>} */ (body);
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<unknown>}
 */
async function readJson(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new RangeError(`The body is longer than ${BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new SyntaxError('The body is not JSON');
  }
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 */
function send(response, status, body) {
  if (body === undefined) response.writeHead(status).end();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
