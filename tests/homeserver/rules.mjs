// Which requests fail, and how.

/** @typedef {import('./homeserver').Rule} Rule */
/** @typedef {import('./homeserver').Fault} Fault */
/** @typedef {import('./homeserver').RuleState} RuleState */

export function createRules() {
  /** @type {{ pattern: RegExp, state: RuleState }[]} */
  let rules = [];

  return {
    /** @param {string} [tag] without one: all */
    list: (tag) => rules.map(({ state }) => state).filter((state) => tag === undefined || state.tag === tag),
    /**
     * Replaces the rules of a tag, or those without one. Throws if a new rule is invalid.
     *
     * @param {unknown} input
     * @param {string} [tag]
     */
    set(input, tag) {
      if (!Array.isArray(input)) throw new TypeError('rules: not an array');
      const added = input.map((rule, index) => read(rule, `rules[${index}]`, tag));
      rules = [...rules.filter(({ state }) => state.tag !== tag), ...added];
    },
    /**
     * The fault of the first matching rule, counted as used.
     *
     * @param {{ method: string, path: string, tag?: string | undefined }} request
     * @returns {Fault | undefined}
     */
    take({ method, path, tag }) {
      const found = rules.find(({ pattern, state }) => {
        if (state.tag !== undefined && state.tag !== tag) return false;
        if (state.times !== undefined && state.used >= state.times) return false;
        // Browsers send preflights by themselves: a preflight must not use up a rule meant for the request after it.
        return (state.method ? state.method === method : method !== 'OPTIONS') && pattern.test(path);
      });
      if (found) found.state.used += 1;
      return found?.state.fault;
    },
  };
}

/**
 * @param {unknown} input
 * @param {string} name
 * @param {string | undefined} tag
 */
function read(input, name, tag) {
  const rule = /** @type {Record<string, unknown>} */ (object(input, name));
  rejectUnknown(rule, name, ['method', 'path', 'times', 'fault', 'tag']);
  if (rule['tag'] !== undefined && rule['tag'] !== tag) {
    throw new TypeError(`${name}.tag: a rule for a tag is set below /tag/<name>/_proxy/rules`);
  }
  const { method, path, times } = rule;
  if (method !== undefined && typeof method !== 'string') throw new TypeError(`${name}.method: not a string`);
  if (typeof path !== 'string') throw new TypeError(`${name}.path: not a string`);
  if (times !== undefined && !natural(times)) throw new TypeError(`${name}.times: not a whole number above zero`);
  const fault = readFault(rule['fault'], `${name}.fault`);
  let pattern;
  try {
    pattern = new RegExp(path);
  } catch (error) {
    throw new TypeError(`${name}.path: ${/** @type {Error} */ (error).message}`);
  }
  /** @type {RuleState} */
  const state = { path, fault, used: 0 };
  if (method !== undefined) state.method = method.toUpperCase();
  if (times !== undefined) state.times = times;
  if (tag !== undefined) state.tag = tag;
  return { pattern, state };
}

/**
 * @param {unknown} input
 * @param {string} name
 * @returns {Fault}
 */
function readFault(input, name) {
  const fault = /** @type {Record<string, unknown>} */ (object(input, name));
  const { kind, ms, status, body } = fault;
  switch (kind) {
    case 'delay':
      rejectUnknown(fault, name, ['kind', 'ms']);
      if (!natural(ms)) throw new TypeError(`${name}.ms: not a whole number above zero`);
      return { kind, ms };
    case 'status':
      rejectUnknown(fault, name, ['kind', 'status', 'body']);
      if (!natural(status) || status < 200 || status > 599) throw new TypeError(`${name}.status: not from 200 to 599`);
      return body === undefined ? { kind, status } : { kind, status, body };
    case 'drop':
    case 'swallow':
      rejectUnknown(fault, name, ['kind']);
      return { kind };
    default:
      throw new TypeError(`${name}.kind: neither delay nor status, drop or swallow`);
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function object(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${name}: not an object`);
  return value;
}

/**
 * With a misspelt name the fault would never happen, and the test would prove nothing.
 *
 * @param {object} value
 * @param {string} name
 * @param {string[]} names
 */
function rejectUnknown(value, name, names) {
  const other = Object.keys(value).find((key) => !names.includes(key));
  if (other) throw new TypeError(`${name}.${other}: not known`);
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
const natural = (value) => Number.isSafeInteger(value) && Number(value) > 0;
