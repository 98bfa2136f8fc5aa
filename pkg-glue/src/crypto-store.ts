import { explain } from './bounded';
import { core } from './core';
import type { CryptoStoreStatus } from './generated/model';
import type { MatrixClientLike } from './matrix-client';
import { storeUnknown } from './nothing-seen';

/** A device of which there is no client yet. */
export interface DeviceIds {
  userId: string;
  deviceId: string;
}

export interface CryptoStoreOptions {
  /**
   * What the host passes to the SDK as `cryptoDatabasePrefix`. Unless it is given: `matrix-js-sdk`, or, for a client whose
   * encryption runs and which has no database of that name, the one that belongs to its user.
   */
  databasePrefix?: string;
  /**
   * When the session was logged in (milliseconds since 1970), where the host keeps it: a store that was last seen before that
   * belonged to another device of the same id.
   */
  loggedInAt?: number;
}

/**
 * Whether the device still has the crypto store that it had. Best called twice, without waiting for it: with the ids
 * before the client is made, and with the client after; given a client whose encryption is not running yet, it goes on
 * by itself when it is. Creates and deletes no database. Never rejects; takes a few seconds at most.
 */
export async function checkCryptoStore(
  target: MatrixClientLike | DeviceIds,
  options?: CryptoStoreOptions,
): Promise<CryptoStoreStatus> {
  try {
    return await core().stores.check(target, options);
  } catch (error) {
    return storeUnknown(explain(error));
  }
}
