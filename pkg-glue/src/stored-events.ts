// Whether an event is malformed at its source, the homeserver's copy of it decides.

import { explain, within } from './bounded';
import type { EncryptedContent, Entry, StoredEvent } from './generated/model';
import type { MatrixClientLike } from './matrix-client';

const MOST_EVENTS = 5;

/** What stands for a value in an answer: whether it is there decides, not what it says. */
const PRESENT = 'present';

type Asked = { eventId: string; roomId: string };

/** What is read of an event, of its content, and of what the homeserver adds to it. */
type Fields = Partial<
  Record<
    'event_id' | 'type' | 'content' | 'unsigned' | 'redacted_because' | 'algorithm' | 'ciphertext' | 'session_id',
    unknown
  >
>;

/**
 * Asks the SDK for the events that could not be read, at most five, all at once. Never rejects; what has no answer in
 * time is left out, and `notes` says so. No ciphertext is handed on.
 */
export async function fetchStoredEvents(
  mx: MatrixClientLike,
  entries: Entry[],
  notes: string[],
): Promise<StoredEvent[]> {
  const fetchOne = async ({ roomId, eventId }: Asked): Promise<StoredEvent[]> => {
    const question = `fetchRoomEvent() of ${eventId}`;
    try {
      const event: unknown = await within(question, () => {
        if (typeof mx.fetchRoomEvent !== 'function') throw new Error('the client has no such method');
        return mx.fetchRoomEvent(roomId, eventId);
      });
      const content = encryptedContent(event, eventId);
      if (content) return [{ eventId, roomId, content }];
      notes.push(`${question} gave no encrypted event: it may be redacted`);
    } catch (error) {
      notes.push(`${question} failed: ${explain(error)}`);
    }
    return [];
  };
  const events = (await Promise.all(unread(entries).map(fetchOne))).flat();
  if (events.length > 0) {
    const ids = events.map(({ eventId }) => eventId).join(', ');
    notes.push(`fetched from the homeserver, and cited as server.events: ${ids}`);
  }
  return events;
}

/** The events of which the console says that they are malformed, or does not say why they were not decrypted. */
function unread(entries: Entry[]): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { detail } of entries) {
    if (detail.kind !== 'malformed' && !(detail.kind === 'undecryptable' && detail.reason === null)) continue;
    const { eventId, roomId } = detail;
    if (eventId && roomId) asked.set(eventId, { eventId, roomId });
  }
  // The most recent stand last.
  return [...asked.values()].slice(-MOST_EVENTS);
}

/** Of a redacted event the content is gone, and proves nothing. */
function encryptedContent(event: unknown, eventId: string): EncryptedContent | null {
  if (!isRecord(event) || event.event_id !== eventId || event.type !== 'm.room.encrypted') return null;
  if (isRecord(event.unsigned) && event.unsigned.redacted_because) return null;
  const { content } = event;
  if (!isRecord(content)) return null;
  return {
    algorithm: isMissing(content.algorithm) ? null : named(content.algorithm),
    ciphertext: isMissing(content.ciphertext) ? null : masked(content.ciphertext),
    session_id: typeof content.session_id === 'string' ? PRESENT : null,
  };
}

const named = (value: unknown) => (typeof value === 'string' ? value.slice(0, 100) : `of the type ${typeof value}`);
/** Whether it is base64 is left to see, and no more. */
const masked = (value: unknown) => (typeof value === 'string' ? value.replace(/[A-Za-z0-9]/g, 'A') : named(value));
const isMissing = (value: unknown) => value === undefined || value === null;
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
