import { useSyncExternalStore } from 'react';

import { type CryptoDiagSnapshot, getSnapshot, subscribe } from '../index';

/** What was seen so far, live: counts, entries and the state of the capture. */
export function useCryptoDiagnostics(): CryptoDiagSnapshot {
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
