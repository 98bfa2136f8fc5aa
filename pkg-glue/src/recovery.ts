// Before the encryption of a device is reset: which messages cannot be decrypted, and can the keys be exported?

import type { Entry } from './generated/model';
import { cryptoOf, type MatrixClientLike } from './matrix-client';

/** The parts of the SDK's rooms that are used. */
interface Rooms {
  getRoom?(roomId: string): { findEventById?(eventId: string): { isDecryptionFailure?(): unknown } | undefined } | null;
}

/** How many messages failed to decrypt in this page and are still unreadable. */
export function unreadableMessages(mx: MatrixClientLike, entries: readonly Entry[]): number {
  const unreadable = new Set<string>();
  for (const { detail } of entries) {
    if (detail.kind !== 'undecryptable' || !detail.eventId) continue;
    if (!isDecrypted(mx, detail.roomId, detail.eventId)) unreadable.add(detail.eventId);
  }
  return unreadable.size;
}

function isDecrypted(mx: Rooms & MatrixClientLike, roomId: string | null, eventId: string): boolean {
  try {
    const event = roomId === null ? undefined : mx.getRoom?.(roomId)?.findEventById?.(eventId);
    return event?.isDecryptionFailure?.() === false;
  } catch {
    return false;
  }
}

/** The parts of the SDK's `CryptoApi` that are used. */
interface RecoveryCrypto {
  exportRoomKeysAsJson?(): unknown;
  /** Missing in the SDK's types, but the only API that encrypts an export. */
  olmMachine?: { constructor: { encryptExportedRoomKeys?(keys: string, passphrase: string, rounds: number): unknown } };
}

/** PBKDF2 rounds, as in other clients: about a second of work, also for each guess of an attacker. */
const ROUNDS = 500_000;

/**
 * This device's room keys, encrypted with a passphrase, in the format that every Matrix client imports. Rejects with a
 * readable Error if the SDK cannot export them.
 */
export async function exportRoomKeys(mx: MatrixClientLike, passphrase: string): Promise<string> {
  const crypto = cryptoOf<RecoveryCrypto>(mx);
  const encrypt = crypto?.olmMachine?.constructor.encryptExportedRoomKeys;
  if (!crypto?.exportRoomKeysAsJson || typeof encrypt !== 'function') {
    throw new Error('this version of the SDK gives no encrypted export of the room keys');
  }
  const keys = await crypto.exportRoomKeysAsJson();
  return String(encrypt.call(crypto.olmMachine?.constructor, String(keys), passphrase, ROUNDS));
}
