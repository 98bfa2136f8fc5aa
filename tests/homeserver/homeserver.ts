// The end-to-end tests' interface to the homeserver: the proxy in front of it, its log and its rules.

const BASE_URL = 'http://127.0.0.1:4200';

/**
 * `delay`: answered late; `status`: answered by the proxy; `drop`: neither forwarded nor answered; `swallow`: executed,
 * but not answered.
 */
export type Fault =
  | { kind: 'delay'; ms: number }
  | { kind: 'status'; status: number; body?: unknown }
  | { kind: 'drop' }
  | { kind: 'swallow' };

export interface Rule {
  /** Default: any except OPTIONS. */
  method?: string;
  /** The source of a regular expression, matched against the path as sent (so with `%21`), without the query. */
  path: string;
  /** How many times it applies; default: always. */
  times?: number;
  fault: Fault;
}

export interface RuleState extends Rule {
  tag?: string;
  used: number;
}

export interface LoggedRequest {
  /** In the order of arrival. */
  number: number;
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** Without the query and the tag. */
  path: string;
  /** From Synapse or the fault; 0 until there is an answer. */
  status: number;
  /** How long it took; 0 until it ends. */
  ms: number;
  tag?: string;
  fault?: Fault['kind'];
}

export interface KeyUpload extends LoggedRequest {
  deviceKeys: boolean;
  /** Such as `signed_curve25519:AAAAAQ`. */
  oneTimeKeys: string[];
  /** The public keys under these ids. */
  publicKeys: Record<string, string>;
  /** The text of the answer, if the status was not 200. */
  response?: string;
  /** The same for all requests with the same token. */
  user?: string;
}

export interface ServerInfo {
  database: 'sqlite' | 'postgres';
  logFile: string;
}

export interface RequestFilter {
  method?: string;
  path?: RegExp;
}

type Parameter = string | number | boolean | null;
export type Row = Record<string, string | number | null>;

async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

function accessThrough(baseUrl: string) {
  const requests = async ({ method, path }: RequestFilter = {}) =>
    (await ask<LoggedRequest[]>('GET', `${baseUrl}/_proxy/requests`)).filter(
      (entry) => (!method || entry.method === method) && (!path || path.test(entry.path)),
    );
  return {
    baseUrl,
    requests,
    server: () => ask<ServerInfo>('GET', `${baseUrl}/_proxy/server`),
    uploads: async () => (await requests({ method: 'POST', path: /\/keys\/upload$/ })) as KeyUpload[],
    clearRequests: () => ask<void>('DELETE', `${baseUrl}/_proxy/requests`),
    rules: () => ask<RuleState[]>('GET', `${baseUrl}/_proxy/rules`),
    /** Replaces the previous rules; the first that matches applies. */
    setRules: (rules: Rule[]) => ask<void>('POST', `${baseUrl}/_proxy/rules`, rules),
    clearRules: () => ask<void>('DELETE', `${baseUrl}/_proxy/rules`),
  };
}

/** A name not used before on this homeserver. */
const unique = (prefix: string) => `${prefix}-${crypto.randomUUID().slice(0, 8)}`;

/** A test's own path to the homeserver: its rules affect only that test, and only its requests are listed. */
export function lab(tag: string) {
  if (!/^[\w.-]+$/.test(tag)) throw new TypeError(`Not a tag: ${tag}`);
  return accessThrough(`${BASE_URL}/tag/${tag}`);
}

/**
 * The homeserver itself: its rules apply to everybody, and it lists everybody's requests. `clearRequests` keeps
 * requests with a tag.
 */
export const homeserver = {
  ...accessThrough(BASE_URL),

  /** Registers a new user without a device. */
  async register(prefix: string): Promise<{ userId: string; password: string }> {
    const password = crypto.randomUUID();
    const localpart = unique(prefix.toLowerCase());
    const { userId } = await ask<{ userId: string }>('POST', `${BASE_URL}/_proxy/register`, { localpart, password });
    return { userId, password };
  },

  /** Reads the server's database: one statement, with `?` for each parameter. */
  query: <T extends Row = Row>(sql: string, ...params: Parameter[]) =>
    ask<T[]>('POST', `${BASE_URL}/_proxy/query`, { sql, params }),

  /** The public one-time key that the server holds for a device under `<algorithm>:<id>`. */
  async oldKey({ userId, deviceId }: { userId: string; deviceId: string }, keyId = ''): Promise<string | undefined> {
    const sql = `SELECT key_json FROM e2e_one_time_keys_json
      WHERE user_id = ? AND device_id = ? AND algorithm || ':' || key_id = ?`;
    const [row] = await homeserver.query<{ key_json: string }>(sql, userId, deviceId, keyId);
    return row && JSON.parse(row.key_json).key;
  },
};
