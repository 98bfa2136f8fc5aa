// A copy of a report in which nobody is named: every id is replaced by another, the same one everywhere.
import type { CryptoDiagReport } from 'lotus-crypto-diag';

const SERVER = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;
const USER = new RegExp(`@([A-Za-z0-9._=/+-]+):(${SERVER})`, 'g');
const ROOM = new RegExp(String.raw`([!#])([^\s:"'/?<>]+):(${SERVER})`, 'g');
/** Rooms of version 12 have no server in their id; events have none since version 3. */
const HASHED = /([!$])([A-Za-z0-9_+/-]{43})(?![A-Za-z0-9_+/-])/g;
const EVENT = new RegExp(String.raw`(\$)([A-Za-z0-9_-]+):(${SERVER})`, 'g');
const DEVICE = new RegExp(`@[A-Za-z0-9._=/+-]+:${SERVER}:([A-Za-z0-9_+/-]{2,64})`, 'g');
const SIGNED_BY = /\b(?:ed25519|curve25519):([A-Z]{6,})\b/g;
const HOST = /\b(?:https?|wss?):\/\/([^\s/"'<>?#]+)/g;
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
/** Keys, signatures and session ids. */
const KEY = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43}(?:[A-Za-z0-9+/_-]{43})?=?(?![A-Za-z0-9+/_=-])/g;

const STANDS_ALONE = /^(?:[^.]*[A-Za-z][^.]*\..*|.*\.[^.]*[A-Za-z].*|(?:\d+\.){3}\d+.*|\[.*|localhost.*)$/;
/** Fields whose words are of the report's own language; a device may bear such a name. */
const OWN_WORDS = new Set(
  (
    'schema ke fault level kind cause request failure verdict identity state breaker role conclusion signature method language ' +
    'database sdkVersion cryptoVersion version syncState visibility'
  ).split(' '),
);
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Makes one copy; ask a new one for each report, or the same one for reports of the same call. */
export class IdRedactor {
  private readonly names = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  redact(report: CryptoDiagReport): CryptoDiagReport {
    // Statements are made anew from the ids by whoever reads the copy; theirs are escaped, and so are not found.
    const bare = { ...report, runbook: null };
    this.learnFields(bare);
    for (const text of textsOf(bare)) this.learn(text);
    return rewritten(bare, this.replacer()) as CryptoDiagReport;
  }

  private name(id: string, kind: string, make: (n: number) => string): string {
    const known = this.names.get(id);
    if (known) return known;
    const n = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, n);
    const name = make(n);
    this.names.set(id, name);
    return name;
  }

  private server(name: string): string {
    // Alone it is known by its dots. `30` of a place in a file, `client:30:12`, must not take every 30 with it.
    if (!STANDS_ALONE.test(name)) return 'server-0.invalid';
    return this.name(name, 'server', (n) => `server-${n}.invalid`);
  }

  private device(id: string): void {
    if (id !== '') this.name(id, 'device', (n) => `DEVICE${n}`);
  }

  private learnFields({ userId, deviceId, tabs, cryptoStore, keyBackupVersion, environment }: CryptoDiagReport): void {
    if (userId) this.learn(userId);
    for (const id of [deviceId, cryptoStore?.deviceId]) if (id) this.device(id);
    if (tabs?.session) this.name(tabs.session, 'session', (n) => `session-${n}`);
    if (keyBackupVersion && keyBackupVersion.length > 8) this.name(keyBackupVersion, 'backup', (n) => `backup-${n}`);
    if (environment?.url) this.learn(environment.url);
    // An id that no pattern fits is still one.
    for (const id of [userId, cryptoStore?.userId]) {
      if (id && !this.names.has(id)) this.name(id, 'user', (n) => `@user-${n}:server-0.invalid`);
    }
  }

  private learn(raw: string): void {
    const text = decoded(raw);
    for (const [, device] of text.matchAll(DEVICE)) this.device(device ?? '');
    for (const [, device] of text.matchAll(SIGNED_BY)) this.device(device ?? '');
    for (const [id, , server = ''] of text.matchAll(USER)) {
      this.name(id, 'user', (n) => `@user-${n}:${this.server(server)}`);
    }
    for (const [id, sigil, , server = ''] of text.matchAll(ROOM)) {
      this.name(id, 'room', (n) => `${sigil}room-${n}:${this.server(server)}`);
    }
    for (const [id, , , server = ''] of text.matchAll(EVENT)) {
      this.name(id, 'event', (n) => `$event-${n}:${this.server(server)}`);
    }
    for (const [id, sigil] of text.matchAll(HASHED)) {
      this.name(id, sigil === '$' ? 'event' : 'room', (n) => (sigil === '$' ? `$event-${n}` : `!room-${n}`));
    }
    for (const [, host = ''] of text.matchAll(HOST)) this.server(host);
    for (const [address] of text.matchAll(ADDRESS)) this.server(address);
    for (const [key] of text.matchAll(KEY)) this.name(key, 'key', (n) => `KEY${n}`);
  }

  /** The longest first: a user id before its server. */
  private replacer(): (text: string) => string {
    const names = new Map<string, string>();
    for (const [id, name] of this.names) {
      for (const form of formsOf(id)) names.set(form, name);
    }
    const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
    if (longestFirst.length === 0) return (text) => text;
    const edge = (id: string) => [/^\w/.test(id) ? '(?<![\\w-])' : '', /\w$/.test(id) ? '(?![\\w])' : ''];
    const pattern = longestFirst.map((id) => `${edge(id)[0]}${escaped(id)}${edge(id)[1]}`).join('|');
    const all = new RegExp(pattern, 'g');
    return (text) => text.replace(all, (id) => names.get(id) ?? id);
  }
}

/** As it is, and as it stands in a URL. */
const formsOf = (id: string) => new Set([id, encodeURIComponent(id), id.replaceAll(':', '%3A'), encodeURI(id)]);

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

function decoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (signs) => {
    try {
      return decodeURIComponent(signs);
    } catch {
      return signs;
    }
  });
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* textsOf(part);
}

function rewritten(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return TIME.test(value) ? value : replace(value);
  if (Array.isArray(value)) return value.map((part) => rewritten(part, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const isOwn = typeof part === 'string' && OWN_WORDS.has(name);
      return [name, isOwn ? part : rewritten(part, replace)];
    }),
  );
}
