import type { NamedBy } from 'lotus-crypto-diag/server-evidence';

export const NAMED_BY_WORDS: Record<NamedBy, string> = {
  log: 'The log names this device.',
  signature: 'Named by the signature on the refused key, which the client made.',
  database: 'Named by the tables.',
};

export const goingOnWords = (goingOn: boolean | null | undefined): string =>
  goingOn === true ? 'Still going on' : goingOn === false ? 'Over' : 'Not seen since';
