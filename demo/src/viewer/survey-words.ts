import type { DeviceTrouble, NamedBy, RefusalCause, TroubleKind } from 'lotus-crypto-diag/server-evidence';

export const TROUBLE_WORDS: Record<TroubleKind, string> = {
  'refused-uploads': 'Key uploads refused',
  'dead-keys': 'Dead one-time keys',
  'too-many-keys': 'Too many one-time keys',
  'failed-uploads': 'Key uploads failed',
  'keys-used-up': 'One-time keys used up',
  'upload-storm': 'Storm of key uploads',
  'delayed-events': 'Delayed events of calls',
  'unread-inbox': 'Messages not fetched',
};

export const CAUSE_WORDS: Record<RefusalCause, string> = {
  'blank-store': 'blank crypto store',
  'several-tabs': 'several tabs',
  'same-identity': 'several tabs, or an older crypto store',
};

export const NAMED_BY_WORDS: Record<NamedBy, string> = {
  log: 'The log names this device.',
  signature: 'Named by the signature on the refused key, which the client made.',
  database: 'Named by the tables.',
};

export const goingOnWords = (goingOn: boolean | null | undefined): string =>
  goingOn === true ? 'Still going on' : goingOn === false ? 'Over' : 'Not seen since';

export const totalOf = ({ troubles }: DeviceTrouble): number => troubles.reduce((sum, { count }) => sum + count, 0);
