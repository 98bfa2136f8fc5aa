import { useEffect } from 'react';

import { checkCryptoStore, type MatrixClientLike, refreshStorageStatus } from '../index';

/** Checks whether the encryption keys are in place, and whether the browser will keep them. */
export function useStoreChecks(mx: MatrixClientLike | null): void {
  useEffect(() => {
    void refreshStorageStatus();
    if (mx) void checkCryptoStore(mx);
  }, [mx]);
}
