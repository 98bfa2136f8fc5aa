// The crypto stores of this page's devices, backed by the module: see `crate/capture/src/crypto_stores.rs`.

import type { CryptoStores as InWasm } from '../wasm/capture/lotus_crypto_diag.js';
import { hasPromises } from './answers';
import { type EndSignal, untilEnd } from './end';
import type { CryptoStoreStatus } from './generated/model';

export interface Stores {
  /** Checks the store of a client, or of the device with these ids; `undefined` if the module does not run. */
  check(target: object, databasePrefix?: string, loggedInAt?: number): Promise<CryptoStoreStatus | undefined>;
  /** The crypto store of this user and device; a missing id matches any. `undefined`: the module does not run. */
  status(userId: string | undefined, deviceId: string | undefined): CryptoStoreStatus | null | undefined;
}

/** Lists the databases before the app opens its store. If this is not possible, the module reports why. */
export function listDatabases(): Promise<unknown> | undefined {
  try {
    const listed = new Promise((resolve) => resolve(globalThis.indexedDB.databases()));
    listed.catch(() => {});
    return listed;
  } catch {
    return undefined;
  }
}

/** `use` instantiates the module, and returns `undefined` if it cannot run. */
export const createStores = (
  use: <T>(call: (stores: InWasm) => T) => T | undefined,
  status: Stores['status'],
  signal: EndSignal,
): Stores => ({
  check: (target, prefix, loggedInAt) =>
    untilEnd<CryptoStoreStatus | undefined>(
      signal,
      hasPromises() ? use((stores) => stores.check(target, prefix, loggedInAt)) : undefined,
      () => undefined,
    ),
  status,
});
