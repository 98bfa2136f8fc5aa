// The storage of this origin, backed by the module: see `crate/capture/src/storage.rs`.

import type { PersistentStorage as WasmStorage } from '../wasm/capture/lotus_crypto_diag.js';
import { type EndSignal, untilEnd } from './end';
import type { StorageStatus } from './generated/model';
import type { Use } from './guarded-engine';
import { hasPromises } from './promise-support';

export interface PersistentStorage {
  /** The last known status; `null` before anything was asked. */
  status(): StorageStatus | null;
  /**
   * At the app's entry: asks for persistence if the browser decides by itself; if it would prompt, only reads the
   * status.
   */
  enter(): void;
  /** Asks for persistence, once. Never rejects. */
  request(): Promise<StorageStatus>;
  /** Reads the status again, without asking for anything. Never rejects. */
  refresh(): Promise<StorageStatus>;
}

const UNKNOWN: StorageStatus = {
  supported: false,
  persisted: null,
  request: 'error',
  usage: null,
  quota: null,
  error: null,
};

/**
 * `use` instantiates the module, and returns `undefined` if it cannot run; `isAwake` returns whether it is
 * instantiated.
 */
export function createStorage(
  use: Use<WasmStorage>,
  isAwake: () => boolean,
  onChange: () => void,
  signal: EndSignal,
): PersistentStorage {
  let isUsed = false;
  let lastStatus: StorageStatus | null = null;
  const callModule = <T>(call: (storage: WasmStorage) => T): T | undefined => {
    isUsed = true;
    const result = hasPromises() ? use(call) : undefined;
    if (result === undefined) onChange();
    return result;
  };
  /** The last known status, while the module does not run. */
  const switchedOff = () => ({ ...(lastStatus ?? UNKNOWN), error: 'the diagnostics do not run in this page' });
  const status = () => {
    // If the module is awake, a report may have read the status.
    if (!isUsed && !isAwake()) return null;
    const current = hasPromises() ? use((storage) => storage.status()) : undefined;
    if (current === undefined) return isUsed ? switchedOff() : null;
    lastStatus = current;
    return current;
  };

  // If the module breaks meanwhile, it never answers.
  const answer = (ask: (storage: WasmStorage) => Promise<StorageStatus>) =>
    untilEnd(signal, callModule(ask), switchedOff);

  return {
    status,
    enter: () =>
      void callModule((storage) => {
        storage.enter();
        return true;
      }),
    request: () => answer((storage) => storage.request()),
    refresh: () => answer((storage) => storage.refresh()),
  };
}
