import type { Outlook } from '../generated/glue';
import type { RecoveryReason } from '../index';
import { ENGLISH_REPAIR } from './words-repair';
import { ENGLISH_RETRY } from './words-retry';

/** All texts of the recovery prompt. */
export const ENGLISH_RECOVERY = {
  title: 'The encryption of this device is broken',
  /** Opens and closes the steps. */
  fix: 'How to fix it',
  notNow: 'Not now',
  what: {
    'store-lost': 'The encryption keys of this device were deleted from this browser.',
    'upload-loop':
      'The server refuses the encryption keys of this device, because it has other keys with the same ids. This app has tried again and again.',
    'identity-changed':
      'This browser lost the encryption keys of this device and made new ones, which do not match the ones on the server.',
  } satisfies Record<RecoveryReason['reason'], string>,
  meaning: 'You may be unable to read new messages.',
  logOut: 'Logging out and back in makes a new device with keys that work.',
  retry: ENGLISH_RETRY,
  repair: ENGLISH_REPAIR,
  history: 'Your message history',
  checking: 'Checking whether your message history is safe…',
  /** What is already lost. */
  unreadable: (messages: number) =>
    `${messages} ${messages === 1 ? 'message' : 'messages'} could not be decrypted on this device.`,
  keysLost: 'This device lost the keys to its earlier messages.',
  /** Whether it can be restored. */
  outlook: {
    'recovery-key':
      'After you log in again, your recovery key brings back every message whose key is in your key backup.',
    locked: 'There is a key backup, but no recovery key is set up to open it.',
    'no-backup':
      'There is no key backup to restore them from. Another device on which you are logged in may still have the keys.',
    unknown: 'It is not known whether a key backup can restore them.',
  } satisfies Record<Outlook, string>,
  /** What a logout would lose. */
  safe: (keys: number): string =>
    keys === 0
      ? 'This device has no message keys left: logging out loses nothing more.'
      : 'The message keys on this device are safe: they are in your key backup, and your recovery key opens it.',
  lost: (keys: number | null) =>
    keys === null
      ? 'If you log out now, messages may become unreadable for good.'
      : `If you log out now, messages may become unreadable for good: ${keys} message ${keys === 1 ? 'key is' : 'keys are'} in no key backup.`,
  locked:
    'If you log out now, messages may become unreadable for good: their keys are in the key backup, but no recovery key is known to open it.',
  backup: {
    active: 'Key backup is on.',
    untrusted: 'There is a key backup, but this device does not use it.',
    none: 'There is no key backup.',
    unknown: 'It is not known whether there is a key backup.',
  },
  noRecoveryKey: 'No recovery key is set up.',
  passphrase: 'Passphrase for the file with your keys',
  exportKeys: 'Save the keys first',
  shortPassphrase: (length: number) => `At least ${length} characters, please.`,
  exported: (name: string) => `Saved as ${name}. After you have logged in, import it in the settings.`,
  notExported: (reason: string) => `The keys could not be saved${reason ? `: ${reason}` : ''}.`,
  confirm: 'I have saved the keys, or I accept that these messages stay unreadable.',
  reset: 'Reset encryption on this device (log out and back in)',
  logoutHangs:
    'Logging out is taking unusually long. The server may have removed this device already: close all tabs of this app, open it again, and log in. Do not clear the data of this site instead.',
  logoutFailed: (reason: string) => `Logging out failed: ${reason}`,
};

export type RecoveryWords = typeof ENGLISH_RECOVERY;
