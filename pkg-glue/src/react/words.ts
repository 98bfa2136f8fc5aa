import type { Fault, LoopState, MarkKind, RecoveryReason, StoreVerdict, TabRole, Verdict } from '../index';
import type { Outlook } from '../recovery';

/** Some of the words, in groups that need not be whole either. */
export type SomeOf<Words> = Words extends string | ((...parts: never) => string)
  ? Words
  : { [Name in keyof Words]?: SomeOf<Words[Name]> | undefined };

/** Every word of the card. A host that translates passes its own. */
export const ENGLISH = {
  title: 'Encryption Diagnostics',
  running: 'Watching this page for signs of four known encryption faults.',
  idle: 'Diagnostics are not running.',
  degraded: 'Diagnostics see only part of what is logged.',
  unavailable: 'Diagnostics are off.',
  failed: 'Diagnostics have stopped.',
  /** How many lines of the console are a sign of a fault. */
  total: (lines: number) => `${lines} log ${lines === 1 ? 'line' : 'lines'}`,
  details: 'Details',
  faults: {
    'KE-1': 'one-time keys refused',
    'KE-2': 'media keys of calls',
    'KE-3': 'messages not decrypted',
    'KE-4': 'call membership timeouts',
  } satisfies Record<Fault, string>,
  nothing: 'No faults detected.',
  latest: 'Latest entries',
  times: (count: number) => `${count} times`,
  wholeLine: (fault: Fault) => `The whole line (${fault})`,
  /** Whether the browser keeps what is stored. */
  persisted: 'The browser keeps your encryption keys until you delete them.',
  notPersisted: 'The browser may delete your encryption keys when space runs low.',
  persistHelps: 'To prevent that, install this app, allow its notifications, or bookmark it; and set up key backup.',
  persistUnknown: 'It is not known whether the browser keeps your encryption keys.',
  persist: 'Ask the browser to keep them',
  usage: (used: string, quota: string) => `${used} of ${quota} are in use.`,
  store: {
    healthy: 'The encryption keys of this device are in place.',
    'first-run': 'This device is new here; its encryption keys are remembered from now on.',
    evicted: 'The encryption keys of this device were deleted from this browser.',
    'identity-changed':
      'This device lost its encryption keys and came back with new ones. Log out and back in: until then, others may be unable to reach it.',
    unknown: 'It is not known whether the encryption keys of this device are in place.',
  } satisfies Record<StoreVerdict, string>,
  /** The page cannot reach the keys any more; whether they were deleted is not known. */
  connectionLost: 'The connection to the encryption keys of this device was lost. Reload this page to restore it.',
  since: (time: string) => `Since ${time}.`,
  /** Uploads of one-time keys that the server refused. */
  uploads: {
    idle: '',
    suspected: 'The server refused keys of this device.',
    looping: 'The server refuses the keys of this device again and again.',
    recovered: 'The server accepts the keys of this device again.',
  } satisfies Record<LoopState, string>,
  refusals: (count: number) => `${count} ${count === 1 ? 'refusal' : 'refusals'}.`,
  rate: (perMinute: number) => `${perMinute} attempts per minute.`,
  spared: (count: number) => `${count} repeated ${count === 1 ? 'request was' : 'requests were'} answered locally.`,
  keyId: 'Key id',
  oldKey: 'Key on the server',
  newKey: 'Key of this device',
  copy: 'Copy',
  copyWhat: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
  copiedWhat: (what: string) => `Copied: ${what}`,
  /** The tabs of the session. */
  tabs: {
    leader: 'This tab is active: it uses the encryption keys.',
    follower: 'Another tab is active: it uses the encryption keys.',
    solo: 'This browser cannot tell tabs apart: keep only one open.',
    none: '',
  } satisfies Record<TabRole | 'none', string>,
  tabCount: (count: number) =>
    count === 1 ? 'One tab of this session is open.' : `${count} tabs of this session are open.`,
  /** The diagnosis. Its sentences are those of the report, in English. */
  diagnosis: {
    title: 'Diagnosis',
    reading: 'Reading the evidence…',
    unavailable: 'The diagnosis could not be loaded. The report contains the evidence all the same.',
    verdicts: {
      confirmed: 'Confirmed',
      likely: 'Likely',
      possible: 'Possible',
      'ruled-out': 'Ruled out',
      unknown: 'Open',
    } satisfies Record<Verdict, string>,
    evidence: 'Evidence',
    missing: 'Missing evidence',
    next: 'Next step',
    remedies: 'How to fix it, least disruptive first',
    blastRadius: (what: string) => `Impact: ${what}`,
  },
  /** A person is about to provoke a fault. */
  session: {
    title: 'Capture session',
    explain: 'If you can reproduce a fault: start, mark the moments it occurs, then stop and download the report.',
    start: 'Start',
    running: (since: string, marks: number) => `Running since ${since}, ${marks} ${marks === 1 ? 'mark' : 'marks'}.`,
    mark: 'Mark a fault now',
    kinds: {
      'sound-cut': 'Sound cut',
      'picture-frozen': 'Picture frozen',
      'cannot-read-message': 'Cannot read a message',
      other: 'Something else',
    } satisfies Record<MarkKind, string>,
    marked: (what: string, time: string) => `${what}, marked at ${time}.`,
    stop: 'Stop and download',
    checklist: (inside: number, toAdd: number) =>
      `${inside} pieces of evidence are in the report, ${toAdd} are for the administrator to add`,
    isInside: (name: string) => `In the report: ${name}`,
    isToAdd: (name: string, how: string) => `To be added: ${name} (${how})`,
  },
  download: 'Download report',
  downloading: 'Writing the report…',
  saved: (name: string) => `Saved as ${name}`,
  notSaved: 'The report could not be saved.',
  advice: 'The report contains user, device, room and event ids. Tokens and passwords are removed.',
};

export type CryptoDiagWords = typeof ENGLISH;

/** Every word of the tab gate and the banner. */
export const ENGLISH_TABS = {
  elsewhere: (app: string) => `${app} is open in another tab`,
  why: 'Only one tab at a time can use your encryption keys. With two, messages would become unreadable.',
  here: 'Use it here',
  asking: 'Asking the other tab to close down…',
  refused: (reason: string) => `The other tab goes on${reason ? `: ${reason}` : ''}.`,
  noResponse: 'The other tab does not respond. Close it, and this one takes over at once.',
  anyway: 'Open anyway, at the risk of unreadable messages',
  warning: (app: string) =>
    `${app} is open in another tab, too. Two tabs that use the same encryption keys can make messages unreadable: close one of them.`,
  dismiss: 'Dismiss',
};

export type TabWords = typeof ENGLISH_TABS;

/** Every word of the recovery prompt. */
export const ENGLISH_RECOVERY = {
  title: 'The encryption of this device is broken',
  /** Opens and closes all that follows. */
  fix: 'How to fix it',
  notNow: 'Not now',
  what: {
    'store-lost': 'The encryption keys of this device were deleted from this browser.',
    'upload-loop':
      'The server refuses the encryption keys of this device, because it has other keys with the same ids. This app has tried again and again.',
    'identity-changed':
      'This browser lost the encryption keys of this device and made new ones, which do not match those on the server.',
  } satisfies Record<RecoveryReason['reason'], string>,
  meaning: 'New messages may stay unreadable for you. Logging out and back in makes a new device with keys that work.',
  history: 'Your message history',
  checking: 'Checking whether your message history is safe…',
  /** What is lost already, */
  unreadable: (messages: number) =>
    `${messages} ${messages === 1 ? 'message' : 'messages'} could not be decrypted on this device.`,
  keysLost: 'This device lost the keys to its earlier messages.',
  /** and whether it can be brought back. */
  outlook: {
    'recovery-key':
      'After you log in again, your recovery key brings back every message whose key is in your key backup.',
    locked: 'There is a key backup, but no recovery key is set up to open it.',
    'no-backup':
      'There is no key backup to bring them back. Another device on which you are logged in may still be able to read them.',
    unknown: 'It is not known whether they can be brought back.',
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
    'Logging out takes unusually long. The server may have removed this device already: close all tabs of this app, open it again, and log in. Do not clear the data of this site instead.',
  logoutFailed: (reason: string) => `Logging out failed: ${reason}`,
};

export type RecoveryWords = typeof ENGLISH_RECOVERY;
