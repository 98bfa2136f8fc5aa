import type { RepairProblem } from '../index';

/** All texts of the repair without logout. */
export const ENGLISH_REPAIR = {
  title: 'Repair without logging out',
  explain:
    'Others can start encrypted conversations with this device again, and you stay logged in. Messages that could not be decrypted in the meantime come back only from your key backup. If you still cannot read what somebody sends, send them one message.',
  /** The repair removes the evidence from the server. */
  save: 'Save the report first: the repair removes the evidence from the server.',
  download: 'Download report',
  saved: (name: string) => `Saved as ${name}.`,
  notSaved: 'The report could not be saved in this browser.',
  start: 'Repair now',
  checking: 'Checking whether this device can be repaired…',
  claiming: (done: number, all: number | null) =>
    all === null ? 'Removing old keys from the server…' : `Removing old keys from the server: ${done} of ${all}…`,
  uploading: 'Sending the keys of this device…',
  testing: 'Checking that the server hands out the new keys…',
  repairedTitle: 'The encryption of this device is repaired',
  repaired: 'The server accepts the keys of this device again.',
  close: 'Close',
  /** The repair changed nothing. */
  refused: (why: string) => `${why} Nothing was changed.`,
  /** The repair changed something, but the device is no worse off than before. */
  failed: (why: string) => `${why} You can try again, or log out and back in.`,
  problems: {
    'not-running': 'Diagnostics are not running on this page: reload it.',
    'already-running': 'A repair is already running.',
    'no-client': 'This app does not support the repair.',
    'no-loop': 'The server is not refusing the keys of this device at the moment.',
    'not-alone': 'This app may be open in another tab: close all other tabs and windows of it.',
    'reload-first': 'Another tab was open before: reload this page first. That alone may fix it.',
    'identity-not-same':
      'It is not certain that this device still has its original keys. Reload this page and try again; if that does not help, log out and back in.',
    'foreign-key':
      'The keys on the server were not made with the keys that this device has now. A repair would not help: log out and back in.',
    'not-verifiable': 'This browser cannot check the keys on the server: log out and back in instead.',
    'too-many-keys': 'The server holds more keys of this device than are allowed.',
    server: 'The server did not answer as expected.',
    'timed-out': 'It took too long.',
    'still-refused': 'The server still refuses the keys of this device.',
    'not-uploaded': 'The app sent no new keys.',
    'not-given-back': 'The server does not hand out the new keys.',
  } satisfies Record<RepairProblem, string>,
};

export type RepairWords = typeof ENGLISH_REPAIR;
