/** Every word of the gate before a lost crypto store. */
export const ENGLISH_STORE = {
  title: 'This browser deleted the encryption keys of this device',
  what: (app: string) =>
    `Without them this device cannot receive new encrypted messages, and ${app} cannot bring them back by itself.`,
  way: 'Log in again: that makes a new device with working keys. Your earlier messages come back from your key backup, with your recovery key.',
  signOut: 'Log in again',
  leaving: 'Logging this device out…',
  hangs: 'Logging out takes unusually long. Check your connection, and try again.',
  failed: (reason: string) => `Logging out failed${reason ? `: ${reason}` : ''}. Nothing was changed: try again.`,
  anyway: 'Continue anyway, without new encrypted messages',
};

export type StoreWords = typeof ENGLISH_STORE;
