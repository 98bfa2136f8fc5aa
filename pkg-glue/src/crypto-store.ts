import { explain } from './bounded';
import { core } from './core';
import { storeUnknown } from './fallback-values';
import type { CryptoStoreStatus } from './generated/model';
import type { MatrixClientLike } from './matrix-client';

/** Identifies a device for which no client exists yet. */
export interface DeviceIds {
  userId: string;
  deviceId: string;
}

export interface CryptoStoreOptions {
  /**
   * The `cryptoDatabasePrefix` that the host passes to the SDK. Defaults to `matrix-js-sdk`; if the client's encryption
   * runs and no database has that name, to the database that belongs to the client's user.
   */
  databasePrefix?: string;
  /**
   * When the user logged in (milliseconds since 1970), if the host stores it. A store last seen before then belonged to
   * an earlier device with the same id.
   */
  loggedInAt?: number;
}

/**
 * Checks whether the device still has its crypto store. Best called twice, without awaiting the result: with the ids
 * before the client is created, and with the client afterwards. If the client's encryption is not running yet, the
 * check continues by itself once it is. Creates and deletes no database. Never rejects; takes a few seconds at most.
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
