// What a recorded line means, judged by the SDK's texts. Independent of the library's own signatures, which are tested
// against these labels.

export interface Label {
  ke: 'KE-1' | 'KE-2' | 'KE-3' | 'KE-4';
  kind: string;
  /** The runbook's own table of signatures does not cover it. */
  beyond?: true;
}

const MALFORMED = /missing field|invalid type|wasn't valid base64|unsupported algorithm/;
const MEMBERSHIP =
  /Missing own membership|MembershipManager stopped because|encountered an unrecoverable error|error while sending event/;
/** The crypto library's texts for a message to this device that it cannot decrypt. */
const UNOPENED =
  /Failed to (decrypt a (non-)?pre-key message|create a new Olm session from a pre-key message)|Olm event doesn't contain a ciphertext|Received an invalid to-device event/;

export function labelOf(text: string): Label | null {
  if (/\[400\] One time key \S+ already exists/.test(text)) return { ke: 'KE-1', kind: 'refusal' };
  // The SDK logs a request's type as a number: 0 is a key upload.
  if (text.startsWith('Failed to process outgoing request 0: '))
    return { ke: 'KE-1', kind: 'upload-failed', beyond: true };
  if (/unexpected encrypted to-device event/.test(text) && text.includes('io.element.call.encryption_keys')) {
    return { ke: 'KE-2', kind: 'to-device-opened' };
  }
  if (UNOPENED.test(text)) return { ke: 'KE-2', kind: 'to-device-unopened', beyond: true };
  if (text.includes('Error creating Olm session')) return { ke: 'KE-2', kind: 'olm-session-failed', beyond: true };
  if (text.includes('No targets found for sending key')) return { ke: 'KE-2', kind: 'no-key-targets', beyond: true };
  if (/^InvalidKey: /.test(text)) return { ke: 'KE-2', kind: 'invalid-key', beyond: true };
  if (/is being marked as invalid/.test(text)) return { ke: 'KE-2', kind: 'key-marked-invalid', beyond: true };
  if (/missing key at index/.test(text)) return { ke: 'KE-2', kind: 'missing-key' };
  if (/key set not found/.test(text)) return { ke: 'KE-2', kind: 'missing-key-set' };
  const [, reason] = /^Error decrypting event .*DecryptionError\[msg: (.*)/s.exec(text) ?? [];
  if (reason !== undefined) return { ke: 'KE-3', kind: MALFORMED.test(reason) ? 'malformed' : 'undecryptable' };
  if (/delayed event|update_delayed_event/.test(text)) return { ke: 'KE-4', kind: 'delayed-event' };
  if (text.includes('/delayed_events/')) return { ke: 'KE-4', kind: 'delayed-event', beyond: true };
  if (text.includes('MembershipManager') && MEMBERSHIP.test(text))
    return { ke: 'KE-4', kind: 'membership', beyond: true };
  return null;
}
