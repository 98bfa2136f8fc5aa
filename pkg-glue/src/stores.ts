// The crypto stores of this page's devices, backed by the module: see `crate/capture/src/crypto_stores.rs`.

import type { CryptoStores as WasmStores } from '../wasm/capture/lotus_crypto_diag.js';
import type { CryptoStoreOptions } from './crypto-store';
import { type EndSignal, untilEnd } from './end';
import { storeUnknown } from './fallback-values';
import type { CryptoStoreStatus } from './generated/model';
import type { Use } from './guarded-engine';
import { hasPromises } from './promise-support';

export interface Stores {
  /** Judges the store of a client, or of the device with these ids. Throws if reading the options throws. */
  check(target: object, options?: CryptoStoreOptions): Promise<CryptoStoreStatus>;
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

/** `use` instantiates the module; `reason` says why it does not run. */
export const createStores = (use: Use<WasmStores>, reason: () => string | null, signal: EndSignal): Stores => ({
  check(target, options) {
    const { databasePrefix, loggedInAt } = options ?? {};
    const prefix = databasePrefix === undefined ? undefined : `${databasePrefix}`;
    const since = typeof loggedInAt === 'number' ? loggedInAt : undefined;
    const checked = hasPromises() ? use((stores) => stores.check(target, prefix, since)) : undefined;
    return untilEnd(signal, checked, () => storeUnknown(reason()));
  },
});
