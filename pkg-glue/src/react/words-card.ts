import type { Fault, LoopState, MarkKind, StoreVerdict, TabRole, Verdict } from '../index';
import { ENGLISH_RETRY } from './words-retry';

/** All texts of the card. A host that translates passes its own. */
export const ENGLISH = {
  title: 'Encryption Diagnostics',
  running: 'Watching this page for signs of four known encryption faults.',
  idle: 'Diagnostics are not running.',
  degraded: 'Some of the diagnostics are not running.',
  unavailable: 'Diagnostics are off.',
  failed: 'Diagnostics have stopped.',
  /** `lines`: console lines that are a sign of a fault. */
  total: (lines: number) =>
    lines === 0 ? 'No signs of faults' : `${lines} ${lines === 1 ? 'sign of a fault' : 'signs of faults'}`,
  details: 'Details',
  faults: {
    'KE-1': 'one-time keys refused',
    'KE-2': 'media keys of calls',
    'KE-3': 'messages not decrypted',
    'KE-4': 'call membership timeouts',
  } satisfies Record<Fault, string>,
  /** For the person in the app. Shown beside a fault of which there is a sign. */
  faultAdvice: {
    'KE-1':
      'If the server keeps refusing keys, close the other tabs of this app and reload this one. If that does not help, check that key backup is on, then log out and back in.',
    'KE-2':
      'If you lose sound or picture in a call, leave the call and join it again. If there is KE-1, too, fix that first.',
    'KE-3':
      'If you cannot read messages, restore your key backup or verify this device. If only one message stays unreadable, ask its sender to send it again.',
    'KE-4':
      'If people disappear from a call, try another network, without VPN. If it goes on, send the report to your administrator.',
  } satisfies Record<Fault, string>,
  latest: 'Latest entries',
  times: (count: number) => `${count} times`,
  wholeLine: (fault: Fault) => `Full line (${fault})`,
  /** Whether the browser may evict the storage. */
  persisted: 'The browser keeps your encryption keys until you delete them.',
  notPersisted: 'The browser may delete your encryption keys when space runs low.',
  persistHelps: 'To prevent that, install this app, allow its notifications, or bookmark it. Also set up key backup.',
  persistUnknown: 'It is not known whether the browser keeps your encryption keys.',
  persist: 'Ask the browser to keep them',
  usage: (used: string, quota: string) => `${used} of ${quota} used.`,
  store: {
    healthy: 'The encryption keys of this device are in place.',
    'first-run': 'This device is new in this browser. If it loses its encryption keys, this card will say so.',
    evicted: 'The encryption keys of this device were deleted from this browser. Log out and back in to get new ones.',
    'identity-changed':
      'This device lost its encryption keys and made new ones. Log out and back in: until then, others may be unable to send it encrypted messages.',
    'connection-lost':
      'The connection to the encryption keys of this device was lost. Reload this page. If the keys were deleted, this card will then say so.',
    failing:
      'This browser cannot read or write the encryption keys of this device. Close all tabs of this app and open it again.',
    full: 'There is no room left for the encryption keys of this device. Free some disk space, then reload.',
    'version-conflict':
      'Another tab, or a newer version of this app, has changed how the encryption keys are stored. Close the other tabs and reload.',
    corrupt:
      'The stored encryption keys of this device cannot be read. Check that key backup is on, then log out and back in.',
    'wrong-account':
      'The encryption keys stored here belong to another account or device, so they are not used. Log out and back in.',
    unknown: 'It is not known whether the encryption keys of this device are in place.',
  } satisfies Record<StoreVerdict, string>,
  since: (time: string) => `Since ${time}.`,
  /** Evidence of earlier page loads. */
  earlier: {
    reach: (since: string, loads: number) => `Evidence since ${since}, in ${loads} page loads.`,
    forget: 'Forget earlier evidence',
    explain:
      'This deletes what was recorded in earlier page loads of this app in this browser, for all accounts. What this page has recorded stays. Nothing else is deleted: no messages, no keys. Download the report first if someone still needs it.',
    keep: 'Keep it',
    confirm: 'Delete earlier evidence',
    forgotten: 'The earlier evidence was deleted.',
    notForgotten: 'The earlier evidence could not be deleted: the browser did not allow it.',
  },
  uploads: {
    idle: '',
    suspected: 'The server refused keys of this device.',
    looping: 'The server refuses the keys of this device again and again.',
    recovered: 'The server accepts the keys of this device again.',
  } satisfies Record<LoopState, string>,
  retry: ENGLISH_RETRY,
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
  tabs: {
    leader: 'This tab is active: it uses the encryption keys.',
    follower: 'Another tab is active: it uses the encryption keys.',
    silent: 'The other tab does not respond. Close it, and this one takes over at once.',
    solo: 'This browser cannot tell tabs apart: keep only one open.',
    none: '',
  } satisfies Record<TabRole | 'silent' | 'none', string>,
  tabCount: (count: number) =>
    count === 1 ? 'One tab of this session is open.' : `${count} tabs of this session are open.`,
  /** Only the labels: the diagnosis itself is in English, as in the report. */
  diagnosis: {
    title: 'Diagnosis',
    reading: 'Reading the evidence…',
    unavailable: 'The diagnosis could not be loaded. The report still contains the evidence.',
    verdicts: {
      confirmed: 'Confirmed',
      likely: 'Likely',
      possible: 'Possible',
      'ruled-out': 'Ruled out',
      unknown: 'Unknown',
      'not-applicable': 'Not applicable',
    } satisfies Record<Verdict, string>,
    /** For a finding whose fault is over. */
    over: (verdict: string) => `${verdict}, over now`,
    evidence: 'Evidence',
    missing: 'Missing evidence',
    next: 'Next step',
    remedies: 'How to fix it, least disruptive first',
    blastRadius: (what: string) => `Impact: ${what}`,
  },
  session: {
    title: 'Capture session',
    explain: 'If you can make a fault happen: start, mark each moment it happens, then stop and download the report.',
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
      `Evidence in the report: ${inside}. For the administrator to add: ${toAdd}`,
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
