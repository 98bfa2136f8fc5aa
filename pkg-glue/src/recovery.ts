// Before the encryption of a device is reset: would message history be lost, and can its keys be exported?

import { explain, within } from './bounded';
import type { Entry } from './generated/model';
import { cryptoOf, type MatrixClientLike } from './matrix-client';

/** Whether the messages that this device can read would still be readable after a logout and a new login. */
export interface HistorySafety {
  /** True if all of them would: the room keys are in a trusted backup, and the user can open that backup again. */
  isSafe: boolean;
  /**
   * `active`: this device uploads to it. `untrusted`: a backup exists, but this device does not use it. `null`:
   * unknown.
   */
  backup: 'active' | 'untrusted' | 'none' | null;
  /**
   * Whether a recovery key (secret storage) is set up, with which a new device can open the backup; `null`: unknown.
   */
  recoveryKey: boolean | null;
  /** How many room keys this device has; `null`: unknown. */
  roomKeys: number | null;
  /** How many of them are in no backup; `null`: unknown. */
  notBackedUp: number | null;
  /** What could not be found out, and why, for a person to read. */
  problems: string[];
}

/** Whether the key backup can make messages readable that this device cannot decrypt. */
export type Outlook = 'recovery-key' | 'locked' | 'no-backup' | 'unknown';

export function outlookOf({ backup, recoveryKey }: HistorySafety): Outlook {
  if (backup === null) return 'unknown';
  if (backup === 'none') return 'no-backup';
  return recoveryKey === null ? 'unknown' : recoveryKey ? 'recovery-key' : 'locked';
}

/** The parts of the SDK's rooms that are used. */
interface Rooms {
  getRoom?(roomId: string): { findEventById?(eventId: string): { isDecryptionFailure?(): unknown } | undefined } | null;
}

/** How many messages failed to decrypt in this page and are still unreadable. */
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

/** The parts of the SDK's `CryptoApi` that are used. */
interface RecoveryCrypto {
  getActiveSessionBackupVersion?(): unknown;
  getKeyBackupInfo?(): unknown;
  isSecretStorageReady?(): unknown;
  exportRoomKeysAsJson?(): unknown;
  /** Missing in the SDK's types, but the only API that counts the keys and encrypts an export. */
  olmMachine?: {
    roomKeyCounts?(): unknown;
    constructor: { encryptExportedRoomKeys?(keys: string, passphrase: string, rounds: number): unknown };
  };
}

/** PBKDF2 rounds, as in other clients: about a second of work, also for each guess of an attacker. */
const ROUNDS = 500_000;

/** Asks the SDK. Never rejects; anything unknown counts as not safe. */
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
  // A device without room keys is safe without a backup. With a backup but no recovery key, this device may be the only
  // one that can open it.
  const isSafe = backup === 'active' ? recoveryKey === true && notBackedUp === 0 : backup !== null && roomKeys === 0;
  return { isSafe, backup, recoveryKey, roomKeys, notBackedUp, problems };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

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
