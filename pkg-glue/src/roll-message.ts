// What the tabs of a session say in a roll call. Every script of the origin can write to their channel: what comes from
// there is read into the model, or is ignored.

import type { Tab } from './generated/model';
import { TAB } from './generated/tab-shape';
import { parseShape } from './parse-shape';

export type RollMessage =
  /** Who is there? */
  | { readonly kind: 'who'; readonly from: string }
  /** `from` goes. */
  | { readonly kind: 'bye'; readonly from: string }
  /** A tab is there; with `news`, it is new, or has another role. */
  | { readonly kind: 'here' | 'news'; readonly from: string; readonly tab: Tab };

const VERSION = 2;
/** In UTF-16 units. */
const MAX_MESSAGE = 256 * 1024;
/** Of its evidence, a tab tells the latest. */
const MAX_ENTRIES = 20;
/** As `tabs.ts` makes them. No secret has this form. */
const ID = /^[a-z\d-]{1,64}$/;

/** A text: of an object, there is no telling what reading it does. Of a tab with much evidence, the latest that has room. */
export function writeMessage(message: RollMessage, session: string | null): string {
  const write = (entries: number) => {
    const tab = 'tab' in message ? { ...message.tab, entries: latest(message.tab.entries, entries) } : undefined;
    return JSON.stringify({ version: VERSION, session, ...message, tab });
  };
  let entries = MAX_ENTRIES;
  let text = write(entries);
  while (text.length > MAX_MESSAGE && entries > 0) {
    entries -= 1;
    text = write(entries);
  }
  return text;
}

/**
 * Reads what `writeMessage` wrote in a tab of this session; of anything else, nothing. `redact` gives nothing where it does
 * not run: then the evidence is left out.
 */
export function readMessage(
  data: unknown,
  session: string | null,
  redact: (text: string) => string | undefined,
): RollMessage | undefined {
  if (typeof data !== 'string' || data.length > MAX_MESSAGE) return undefined;
  try {
    const { version, kind, from, session: of, tab } = JSON.parse(data);
    if (version !== VERSION || of !== session || typeof from !== 'string' || !ID.test(from)) return undefined;
    if (kind === 'who' || kind === 'bye') return { kind, from };
    if ((kind !== 'here' && kind !== 'news') || tab?.id !== from) return undefined;
    const entries = redact('') === undefined ? [] : latest(tab.entries, MAX_ENTRIES);
    const parsed = parseShape({ ...tab, entries }, TAB, (text) => redact(text) ?? '') as Tab;
    return { kind, from, tab: { ...parsed, id: from, thisTab: false } };
  } catch {
    // No tab wrote that.
    return undefined;
  }
}

const latest = <Item>(items: readonly Item[], most: number): Item[] => items.slice(Math.max(0, items.length - most));
