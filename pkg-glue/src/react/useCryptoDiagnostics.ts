import { useSyncExternalStore } from 'react';

import { type CryptoDiagSnapshot, getSnapshot, subscribe } from '../index';

/** The current snapshot: counts, entries and the state of the capture. */
export function useCryptoDiagnostics(): CryptoDiagSnapshot {
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}
