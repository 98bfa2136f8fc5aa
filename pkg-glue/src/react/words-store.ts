/** All texts of the gate for a deleted crypto store. */
export const ENGLISH_STORE = {
  title: 'This browser deleted the encryption keys of this device',
  what: (app: string) =>
    `Without them this device cannot receive new encrypted messages, and ${app} cannot bring them back by itself.`,
  way: 'Log in again: that makes a new device with working keys. Messages whose keys are in your key backup come back with your recovery key; others may not.',
  signOut: 'Log in again',
  leaving: 'Logging this device out…',
  hangs: 'Logging out is taking unusually long. Check your connection, and try again.',
  failed: (reason: string) => `Logging out failed${reason ? `: ${reason}` : ''}. You can try again.`,
  anyway: 'Continue anyway, without new encrypted messages',
};

export type StoreWords = typeof ENGLISH_STORE;
