import type { Fault } from '../index';

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
  nothing: 'No fault seen so far.',
  latest: 'Latest entries',
  times: (count: number) => `${count} times`,
  download: 'Download report',
  downloading: 'Writing the report…',
  saved: (name: string) => `Saved as ${name}`,
  notSaved: 'The report could not be written.',
  advice: 'The report holds user, device, room and event ids. Tokens and passwords are removed.',
};

export type CryptoDiagWords = typeof ENGLISH;
