import type { EncryptedContent } from 'lotus-crypto-diag/diagnosis';

import { count, type Rows, Unreadable } from './outcome';

export type Row = Record<string, unknown>;

/** The names of the columns, one list for each answer. */
const COUNT = /^(?:count(?:\(.*\))?|key_count|otk_count|keys_left|n|number)$/i;
const COLUMNS = new Set(
  (
    'user_id device_id algorithm key_id ts_added_ms added_at key_json key used stream_id message_json type ' +
    'display_name last_seen event_id room_id json internal_metadata sender origin_server_ts content hidden ip user_agent ' +
    'format_version session_id ciphertext'
  ).split(' '),
);
const MOST_ROWS = 50_000;

export const isColumn = (name: string): boolean => COLUMNS.has(name.toLowerCase()) || COUNT.test(name);

/** Sorts rows into the tables that they are from. */
export class RowSorter {
  readonly rows: Rows = {};
  private left = 0;
  private readonly counts = new Map<string, number>();
  private readonly foreign = new Set<string>();

  /** An answer without a row says that there is none. */
  announce(columns: string[]): void {
    const table = tableOf(new Set(columns.map((name) => name.toLowerCase())));
    if (table) this.listOf(table);
    else this.foreign.add(columns.join(', ').slice(0, 200));
  }

  add(row: Row): void {
    const fields = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
    const table = tableOf(new Set(fields.keys()));
    const read = table && READERS[table](fields);
    if (!read) this.foreign.add([...fields.keys()].join(', ').slice(0, 200));
    else if (this.listOf(table).length >= MOST_ROWS) this.left += 1;
    else {
      this.listOf(table).push(read as never);
      this.counts.set(table, (this.counts.get(table) ?? 0) + 1);
    }
  }

  /** @throws Unreadable where there is nothing of use in it */
  finish(): { summary: string; notes: string[] } {
    const found = Object.keys(this.rows) as (keyof Rows)[];
    const [columns] = this.foreign;
    if (found.length === 0) {
      throw new Unreadable(
        columns
          ? `It is a table, but not one of the runbook's: its columns are ${columns}.`
          : 'There is no row in it, and no head of a table that says what was asked.',
      );
    }
    const notes: string[] = [];
    if (columns) notes.push(`Left out: rows with the columns ${columns}.`);
    if (this.left > 0) notes.push(`Left out: ${count(this.left, 'row')} beyond the first ${MOST_ROWS}.`);
    const parts = found.map((table) => `${count(this.counts.get(table) ?? 0, 'row')} of ${NAMES[table]}`);
    return { summary: `Answer of the database: ${parts.join(', ')}.`, notes };
  }

  private listOf(table: keyof Rows) {
    this.rows[table] ??= [];
    return this.rows[table] as unknown[];
  }
}

const NAMES: Record<keyof Rows, string> = {
  oneTimeKeys: 'one-time keys',
  oneTimeKeyCounts: 'counts of one-time keys',
  fallbackKeys: 'fallback keys',
  deviceInbox: 'to-device messages',
  devices: 'devices',
  events: 'events',
};

type Fields = Map<string, unknown>;

function tableOf(names: Set<string>): keyof Rows | null {
  if (names.has('event_id')) return 'events';
  if (!names.has('device_id')) return null;
  if (names.has('stream_id')) return 'deviceInbox';
  if (names.has('key_id')) return names.has('used') ? 'fallbackKeys' : 'oneTimeKeys';
  if (names.has('algorithm') && [...names].some((name) => COUNT.test(name))) return 'oneTimeKeyCounts';
  if (names.has('last_seen') || names.has('display_name')) return 'devices';
  return null;
}

const READERS: { [T in keyof Rows]-?: (fields: Fields) => object | null } = {
  oneTimeKeys: (fields) => withKey(fields) && { ...withKey(fields), addedAt: time(fields, 'ts_added_ms', 'added_at') },
  oneTimeKeyCounts(fields) {
    const device = deviceOf(fields);
    const name = [...fields.keys()].find((name) => COUNT.test(name));
    const n = number(fields.get(name ?? ''));
    return device && n !== null && n >= 0
      ? { ...device, algorithm: text(fields.get('algorithm')) ?? '', count: Math.min(n, 0xffff_ffff) }
      : null;
  },
  fallbackKeys: (fields) => withKey(fields) && { ...withKey(fields), used: isTrue(fields.get('used')) },
  deviceInbox(fields) {
    const device = deviceOf(fields);
    const streamId = number(fields.get('stream_id'));
    if (!device || streamId === null) return null;
    const message = json(fields.get('message_json'));
    return {
      ...device,
      streamId,
      type: text(fields.get('type')) ?? text(message?.['type']),
      sender: text(fields.get('sender')) ?? text(message?.['sender']),
    };
  },
  devices(fields) {
    const device = deviceOf(fields);
    return device && { ...device, displayName: text(fields.get('display_name')), lastSeen: time(fields, 'last_seen') };
  },
  events(fields) {
    const stored = json(fields.get('json'));
    const eventId = text(fields.get('event_id'));
    if (!eventId) return null;
    const of = (name: string) => text(fields.get(name)) ?? text(stored?.[name]);
    return {
      eventId,
      type: of('type'),
      sender: of('sender'),
      roomId: of('room_id'),
      originServerTs:
        time(fields, 'origin_server_ts') ?? (stored && time(new Map(Object.entries(stored)), 'origin_server_ts')),
      content: contentOf(json(fields.get('content')) ?? json(stored?.['content']), fields),
    };
  },
};

/** Of a content only the fields that decide are kept. */
function contentOf(content: Row | null, fields: Fields): EncryptedContent | null {
  if (!content && !fields.has('algorithm')) return null;
  const sessionId = typeof content?.['session_id'] === 'string' ? content['session_id'] : null;
  return {
    algorithm: text(content?.['algorithm']) ?? text(fields.get('algorithm')),
    // The diagnosis looks whether it is base64.
    ciphertext: text(content?.['ciphertext']) ?? text(fields.get('ciphertext')),
    session_id: sessionId ?? text(fields.get('session_id')),
  };
}

function deviceOf(fields: Fields) {
  const userId = text(fields.get('user_id'));
  const deviceId = text(fields.get('device_id'));
  return userId && deviceId ? { userId, deviceId } : null;
}

function withKey(fields: Fields) {
  const device = deviceOf(fields);
  const keyId = text(fields.get('key_id'));
  if (!device || !keyId) return null;
  const stored = fields.get('key_json');
  const key = text(fields.get('key')) ?? text(json(stored)?.['key']) ?? bareKey(stored);
  return { ...device, algorithm: text(fields.get('algorithm')) ?? '', keyId, key };
}

/** An unsigned key is stored as a JSON string. */
const bareKey = (value: unknown) => /^"?([A-Za-z0-9+/]{43})=?"?$/.exec(String(value ?? ''))?.[1] ?? null;

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value !== 'NULL' ? value : typeof value === 'number' ? `${value}` : null;

function number(value: unknown): number | null {
  const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof n === 'number' && Number.isSafeInteger(n) ? n : null;
}

const isTrue = (value: unknown) => /^(?:t|true|1|yes)$/i.test(String(value));

/** As it is stored: a text of JSON, or already read. */
function json(value: unknown): Row | null {
  try {
    const read = typeof value === 'string' ? JSON.parse(value) : value;
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}

/** A column of time: milliseconds since 1970, or a text that the database made of it. */
function time(fields: Fields, ...names: string[]): string | null {
  const value = names.map((name) => fields.get(name)).find((value) => value !== undefined && value !== null);
  const ms = number(value) ?? parseTime(String(value ?? ''));
  return ms !== null && Math.abs(ms) < 8e15 && ms > 0 ? isoOf(ms) : null;
}

function parseTime(value: string): number | null {
  const [, date, time = '00:00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[ T]?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/.exec(value.trim()) ?? [];
  if (!date) return null;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone === 'UTC' ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(ms) ? null : ms;
}

/** ISO 8601 in UTC with milliseconds, as everywhere in a report. */
export function isoOf(ms: number): string {
  const LAST = 253_402_300_799_999;
  return new Date(Math.min(Math.max(ms, 0), LAST)).toISOString();
}
