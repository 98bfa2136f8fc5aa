// Before the encryption of a device is reset: would message history be lost, and can it be taken along?

import { explain, within } from './bounded';
import type { Entry } from './generated/model';
import { cryptoOf, type MatrixClientLike } from './matrix-client';

/** Whether what this device can read would be readable after a logout and a login. */
export interface HistorySafety {
  /** All of it: the keys are in a backup that is trusted, and the backup can be opened again. */
  isSafe: boolean;
  /** `active`: this device writes to it. `untrusted`: there is one, but this device does not. `null`: not known. */
  backup: 'active' | 'untrusted' | 'none' | null;
  /** Whether a recovery key (secret storage) is set up, with which a new device opens the backup; `null`: not known. */
  recoveryKey: boolean | null;
  /** How many room keys this device has; `null`: not known. */
  roomKeys: number | null;
  /** How many of them are in no backup; `null`: not known. */
  notBackedUp: number | null;
  /** For a person to read: what could not be found out, and why. */
  problems: string[];
}

/** What the key backup promises for messages that cannot be read on this device. */
export type Outlook = 'recovery-key' | 'locked' | 'no-backup' | 'unknown';

export function outlookOf({ backup, recoveryKey }: HistorySafety): Outlook {
  if (backup === null) return 'unknown';
  if (backup === 'none') return 'no-backup';
  return recoveryKey === null ? 'unknown' : recoveryKey ? 'recovery-key' : 'locked';
}

/** What is used of the SDK's rooms, by shape. */
interface Rooms {
  getRoom?(roomId: string): { findEventById?(eventId: string): { isDecryptionFailure?(): unknown } | undefined } | null;
}

/** How many messages could not be decrypted in this page, without those that the client has opened since. */
export function unreadableMessages(mx: MatrixClientLike, entries: readonly Entry[]): number {
  const unreadable = new Set<string>();
  for (const { detail } of entries) {
    if (detail.kind !== 'undecryptable' || !detail.eventId) continue;
    if (!isOpened(mx, detail.roomId, detail.eventId)) unreadable.add(detail.eventId);
  }
  return unreadable.size;
}

function isOpened(mx: Rooms & MatrixClientLike, roomId: string | null, eventId: string): boolean {
  try {
    const event = roomId === null ? undefined : mx.getRoom?.(roomId)?.findEventById?.(eventId);
    return event?.isDecryptionFailure?.() === false;
  } catch {
    return false;
  }
}

/** What is used of the SDK's `CryptoApi`, by shape. */
interface RecoveryCrypto {
  getActiveSessionBackupVersion?(): unknown;
  getKeyBackupInfo?(): unknown;
  isSecretStorageReady?(): unknown;
  exportRoomKeysAsJson?(): unknown;
  /** Not in the SDK's types, but there: it alone counts the keys, and encrypts an export. */
  olmMachine?: {
    roomKeyCounts?(): unknown;
    constructor: { encryptExportedRoomKeys?(keys: string, passphrase: string, rounds: number): unknown };
  };
}

/** As other clients do: a second or so of work, for whoever guesses as well. */
const ROUNDS = 500_000;

/** Asks the SDK. Never rejects; what it does not say counts as not safe. */
export async function checkHistorySafety(mx: MatrixClientLike): Promise<HistorySafety> {
  const problems: string[] = [];
  const ask = async <T>(what: string, question: () => unknown, fits: (value: unknown) => value is T) => {
    try {
      const value = await within(what, question, 10_000);
      if (fits(value)) return value;
      problems.push(`${what}: no usable answer`);
    } catch (error) {
      problems.push(explain(error));
    }
    return null;
  };
  const isNullOr = (value: unknown): value is object | string | null =>
    value === null || typeof value === 'string' || typeof value === 'object';
  const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
  const isCounts = (value: unknown): value is { total: number; backedUp: number } =>
    typeof Object(value).total === 'number' && typeof Object(value).backedUp === 'number';

  const crypto = await ask(
    'getCrypto()',
    () => cryptoOf<RecoveryCrypto>(mx),
    (value): value is RecoveryCrypto => isObject(value),
  );
  if (!crypto) {
    return { isSafe: false, backup: null, recoveryKey: null, roomKeys: null, notBackedUp: null, problems };
  }
  const failed = problems.length;
  const active = await ask('getActiveSessionBackupVersion()', () => crypto.getActiveSessionBackupVersion?.(), isNullOr);
  const onServer = active ? active : await ask('getKeyBackupInfo()', () => crypto.getKeyBackupInfo?.(), isNullOr);
  const isKnown = problems.length === failed;
  const backup = active ? 'active' : onServer ? 'untrusted' : isKnown ? 'none' : null;
  const recoveryKey = await ask('isSecretStorageReady()', () => crypto.isSecretStorageReady?.(), isBoolean);
  const counts = await ask('roomKeyCounts()', () => crypto.olmMachine?.roomKeyCounts?.(), isCounts);
  const roomKeys = counts?.total ?? null;
  const notBackedUp = counts && (backup === 'active' ? counts.total - counts.backedUp : counts.total);
  // A device that has nothing to lose is safe without a backup. One that writes to a backup may be all that opens it.
  const isSafe = backup === 'active' ? recoveryKey === true && notBackedUp === 0 : backup !== null && roomKeys === 0;
  return { isSafe, backup, recoveryKey, roomKeys, notBackedUp, problems };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * The room keys of this device, encrypted with a passphrase, in the form that every Matrix client imports. Rejects with an
 * Error in words where the SDK does not give them.
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
