// What the end-to-end tests know of the homeserver: the proxy in front of it, and what it is asked and told.

const BASE_URL = 'http://127.0.0.1:4200';

/** What goes wrong: late, refused by the proxy, not forwarded and unanswered, or carried out and unanswered. */
export type Fault =
  | { kind: 'delay'; ms: number }
  | { kind: 'status'; status: number; body?: unknown }
  | { kind: 'drop' }
  | { kind: 'swallow' };

export interface Rule {
  /** Any but OPTIONS if left out. */
  method?: string;
  /** The source of a regular expression, which is held against the path as sent (so with `%21`), without the query. */
  path: string;
  /** How often; for ever if left out. */
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
  /** Without the query, and without the tag. */
  path: string;
  /** Synapse's or the fault's; 0 as long as there is none. */
  status: number;
  /** How long it took; 0 as long as it lasts. */
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
  /** What was answered instead of 200. */
  response?: string;
  /** The same for what comes with the same token. */
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

function through(baseUrl: string) {
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
    /** Replaces the rules that were set before; the first that fits counts. */
    setRules: (rules: Rule[]) => ask<void>('POST', `${baseUrl}/_proxy/rules`, rules),
    clearRules: () => ask<void>('DELETE', `${baseUrl}/_proxy/rules`),
  };
}

/** A name nobody has used since the homeserver was started. */
const unique = (prefix: string) => `${prefix}-${crypto.randomUUID().slice(0, 8)}`;

/** One test's own way to the homeserver: rules set here touch nobody else, and only what came this way is listed. */
export function lab(tag: string) {
  if (!/^[\w.-]+$/.test(tag)) throw new TypeError(`Not a tag: ${tag}`);
  return through(`${BASE_URL}/tag/${tag}`);
}

/**
 * The homeserver itself: its rules, cleared or set, are those for everybody, and it lists everybody's requests.
 * `clearRequests` leaves those with a tag.
 */
export const homeserver = {
  ...through(BASE_URL),

  /** A new user, who has no device yet. */
  async register(prefix: string): Promise<{ userId: string; password: string }> {
    const password = crypto.randomUUID();
    const localpart = unique(prefix.toLowerCase());
    const { userId } = await ask<{ userId: string }>('POST', `${BASE_URL}/_proxy/register`, { localpart, password });
    return { userId, password };
  },

  /** Reads the server's database: one statement, with `?` for each parameter. */
  query: <T extends Row = Row>(sql: string, ...params: Parameter[]) =>
    ask<T[]>('POST', `${BASE_URL}/_proxy/query`, { sql, params }),

  /** The public one-time key that the server holds of a device under `<algorithm>:<id>`. */
  async oldKey({ userId, deviceId }: { userId: string; deviceId: string }, keyId = ''): Promise<string | undefined> {
    const sql = `SELECT key_json FROM e2e_one_time_keys_json
      WHERE user_id = ? AND device_id = ? AND algorithm || ':' || key_id = ?`;
    const [row] = await homeserver.query<{ key_json: string }>(sql, userId, deviceId, keyId);
    return row && JSON.parse(row.key_json).key;
  },
};
