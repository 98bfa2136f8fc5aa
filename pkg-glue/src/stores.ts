// The crypto stores of the devices that this page has had, as the wasm knows them: see `crate/capture/src/crypto_stores.rs`.

import type { CryptoStores as InWasm } from '../wasm/capture/lotus_crypto_diag.js';
import { hasPromises } from './answers';
import { type EndSignal, untilEnd } from './end';
import type { CryptoStoreStatus } from './generated/model';

export interface Stores {
  /** Judges the store of a client, or of the device with these ids; nothing where the diagnostics do not run. */
  check(target: object, databasePrefix?: string, loggedInAt?: number): Promise<CryptoStoreStatus | undefined>;
  /** Of the given user and device; of an id that is not known, every one fits. `undefined`: the diagnostics do not run. */
  status(userId: string | undefined, deviceId: string | undefined): CryptoStoreStatus | null | undefined;
}

/** Before the app opens its store; the module, which is told later, says why there are none. */
export function listDatabases(): Promise<unknown> | undefined {
  try {
    const listed = new Promise((resolve) => resolve(globalThis.indexedDB.databases()));
    listed.catch(() => {});
    return listed;
  } catch {
    return undefined;
  }
}

/** `use` instantiates the module, and gives nothing where it cannot be called. */
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
