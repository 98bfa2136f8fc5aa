import type { Fault, StoreVerdict, TabRole } from '../index';

/** Every word of the card. A host that translates passes its own. */
export const ENGLISH = {
  title: 'Encryption diagnostics',
  running: 'Watching the console of this page for four known encryption faults.',
  idle: 'Diagnostics are not running.',
  degraded: 'Diagnostics see only a part of what is logged.',
  unavailable: 'Diagnostics are off.',
  failed: 'Diagnostics have stopped.',
  total: (lines: number) => `${lines} ${lines === 1 ? 'line' : 'lines'}`,
  faults: {
    'KE-1': 'one-time keys refused',
    'KE-2': 'media keys of calls',
    'KE-3': 'messages not decrypted',
    'KE-4': 'call membership timeouts',
  } satisfies Record<Fault, string>,
  nothing: 'No line of a fault so far.',
  latest: 'Latest entries',
  times: (count: number) => `${count} times`,
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
    evicted: 'The encryption keys of this device were deleted by the browser.',
    'identity-changed':
      'This device lost its encryption keys and came back with others. Log out and back in: until then, others may be unable to reach it.',
    unknown: 'It could not be found out whether the encryption keys of this device are in place.',
  } satisfies Record<StoreVerdict, string>,
  since: (time: string) => `Since ${time}.`,
  /** The tabs of the session. */
  tabs: {
    leader: 'This tab holds the encryption keys.',
    follower: 'Another tab holds the encryption keys.',
    solo: 'This browser cannot tell tabs apart: keep to one.',
    none: '',
  } satisfies Record<TabRole | 'none', string>,
  tabCount: (count: number) => (count === 1 ? 'One tab is open.' : `${count} tabs are open.`),
  download: 'Download report',
  downloading: 'Writing the report…',
  saved: (name: string) => `Saved as ${name}`,
  notSaved: 'The report could not be written.',
  advice: 'The report holds user, device, room and event ids. Tokens and passwords are removed.',
};

export type CryptoDiagWords = typeof ENGLISH;

/** Every word of the tab gate and the banner. */
export const ENGLISH_TABS = {
  elsewhere: (app: string) => `${app} is open in another tab`,
  why: 'Only one tab at a time can use your encryption keys. With two, messages would become unreadable.',
  here: 'Use it here',
  asking: 'Asking the other tab to close down…',
  refused: (reason: string) => `The other tab goes on${reason ? `: ${reason}` : ''}.`,
  anyway: 'Open anyway, at the risk of unreadable messages',
  warning: (app: string) =>
    `${app} is open in another tab, too. Two tabs that use the same encryption keys can make messages unreadable: close one of them.`,
  dismiss: 'Dismiss',
};

export type TabWords = typeof ENGLISH_TABS;
