// A report that may have the SDK fetch events that could not be decrypted.
import * as lib from 'lotus-crypto-diag';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const CIPHERTEXT = 'AwgAEpABbWF0cml4';
const line = (id: string, reason: string) =>
  `Error decrypting event (id=${id} type=m.room.encrypted sender=@b:hs room=!r:hs ts=2026-11-24T00:00:30.000Z): DecryptionError[msg: ${reason}, sender_key: s, session_id: i]`;
const malformed = (id: string) => line(id, 'missing field `algorithm` at line 1 column 339');
const stored = (id: string, content: object) => ({
  event_id: id,
  room_id: '!r:hs',
  type: 'm.room.encrypted',
  sender: '@b:hs',
  origin_server_ts: 1,
  unsigned: { age: 1 },
  content,
});
const sound = {
  algorithm: 'm.megolm.v1.aes-sha2',
  ciphertext: CIPHERTEXT,
  session_id: 'S',
  sender_key: 'K',
  device_id: 'D',
};
const { algorithm: _, ...withoutAlgorithm } = sound;

let undo: () => void;
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  undo = lib.installCryptoDiagLog();
});
afterEach(() => {
  undo();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function collect(fetchRoomEvent: unknown, extras: lib.ReportExtras = { fetchEvents: true }) {
  const report: lib.CryptoDiagReport = JSON.parse(
    await lib.collectCryptoDiagReport({ fetchRoomEvent } as lib.MatrixClientLike, extras),
  );
  const finding = report.diagnosis?.findings.find(({ id }) => id === 'ke3-malformed');
  return { report, finding: [finding?.verdict, finding?.conclusion] };
}

it('without `fetchEvents: true`, no event is fetched', async () => {
  console.warn(malformed('$a'));
  const fetchRoomEvent = vi.fn();
  for (const extras of [{}, { fetchEvents: false }, { fetchEvents: 'yes' as never }]) {
    expect((await collect(fetchRoomEvent, extras)).finding).toEqual(['likely', 'malformed-at-source']);
  }
  expect(fetchRoomEvent).not.toHaveBeenCalled();
});

it('an event without an algorithm on the homeserver is malformed at the source', async () => {
  console.warn(malformed('$a'));
  const fetchRoomEvent = vi.fn(async (_room: string, id: string) => stored(id, withoutAlgorithm));
  const { report, finding } = await collect(fetchRoomEvent);
  expect(finding).toEqual(['confirmed', 'malformed-at-source']);
  expect(fetchRoomEvent).toHaveBeenCalledWith('!r:hs', '$a');
  expect(report.notes).toContain('fetched from the homeserver, and cited as server.events: $a');
  expect(JSON.stringify(report)).not.toContain(CIPHERTEXT);
});

it.each([
  CIPHERTEXT,
  `${CIPHERTEXT}+/9=`,
])('an event that is valid on the homeserver is malformed at the client: %s', async (ciphertext) => {
  console.warn(malformed('$a'));
  const { report, finding } = await collect(async (_room: string, id: string) => stored(id, { ...sound, ciphertext }));
  expect(finding).toEqual(['confirmed', 'malformed-at-client']);
  expect(JSON.stringify(report)).not.toContain(ciphertext);
});

it.each<[string, object]>([
  ['an invalid session id', { session_id: 5 }],
  ['a ciphertext that is no text', { ciphertext: { a: 1 } }],
  ['a ciphertext with a character that is not base64', { ciphertext: `${CIPHERTEXT.slice(0, -1)}-` }],
  ['an empty ciphertext', { ciphertext: '' }],
  ['a ciphertext of a length that is not base64', { ciphertext: 'A'.repeat(45) }],
])('an event with %s is malformed at the source', async (_name, field) => {
  console.warn(malformed('$a'));
  const { finding } = await collect(async (_room: string, id: string) => stored(id, { ...sound, ...field }));
  expect(finding).toEqual(['confirmed', 'malformed-at-source']);
});

it.each<[string, unknown]>([
  ['a client without the method', undefined],
  ['a refusal', () => Promise.reject(new Error('M_NOT_FOUND'))],
  [
    'a method that throws',
    () => {
      throw new Error('not now');
    },
  ],
  ['another event', async () => stored('$other', withoutAlgorithm)],
  ['a redacted event', async (_: string, id: string) => ({ ...stored(id, {}), unsigned: { redacted_because: {} } })],
  ['no object', async () => 'event'],
  ['an event without content', async (_: string, id: string) => ({ event_id: id, type: 'm.room.encrypted' })],
])('%s does not change the verdict and is noted', async (_name, fetchRoomEvent) => {
  console.warn(malformed('$a'));
  const { report, finding } = await collect(fetchRoomEvent);
  expect(finding).toEqual(['likely', 'malformed-at-source']);
  expect(report.notes.some((note) => note.startsWith('fetchRoomEvent() of $a'))).toBe(true);
});

it('fetching an event times out', async () => {
  console.warn(malformed('$a'));
  await lib.getCryptoDiagnosis();
  vi.useFakeTimers();
  const pending = collect(() => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(3000);
  expect((await pending).report.notes).toContain(
    'fetchRoomEvent() of $a failed: fetchRoomEvent() of $a: no answer within 3 s',
  );
});

it('at most five events are fetched, and none that only lacks its key', async () => {
  console.warn(line('$ordinary', "The sender's device has not sent us the keys for this message."));
  for (let i = 0; i < 8; i++) console.warn(malformed(`$many${i}`));
  const fetchRoomEvent = vi.fn(async (_room: string, id: string) => stored(id, withoutAlgorithm));
  await collect(fetchRoomEvent);
  const fetched = fetchRoomEvent.mock.calls.map(([, id]) => id);
  expect(fetched).toEqual(['$many3', '$many4', '$many5', '$many6', '$many7']);
});
