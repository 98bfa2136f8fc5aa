// The storage of this origin, as the wasm knows it: see `crate/src/web/storage.rs`.

import type { PersistentStorage as InWasm } from '../wasm/capture/lotus_crypto_diag.js';
import type { EndSignal } from './end';
import type { StorageStatus } from './generated/model';

export interface PersistentStorage {
  /** What is known; `null` before anything was asked. */
  status(): StorageStatus | null;
  /** At the app's entry: asks for persistence where the browser decides by itself, and only looks where it would prompt. */
  enter(): void;
  /** Asks for persistence, once. Never rejects. */
  request(): Promise<StorageStatus>;
  /** Looks again, without asking for anything. Never rejects. */
  refresh(): Promise<StorageStatus>;
}

const SWITCHED_OFF: StorageStatus = {
  supported: false,
  persisted: null,
  request: 'error',
  usage: null,
  quota: null,
  error: 'the diagnostics do not run in this page',
};

/** `use` instantiates the module, and gives nothing where it cannot be called. */
export function createStorage(
  use: <T>(call: (storage: InWasm) => T) => T | undefined,
  onChange: () => void,
  signal: EndSignal,
): PersistentStorage {
  let isUsed = false;
  const used = <T>(call: (storage: InWasm) => T): T | undefined => {
    isUsed = true;
    const given = use(call);
    if (given === undefined) onChange();
    return given;
  };
  const status = () => (isUsed ? (use((storage) => storage.status()) ?? SWITCHED_OFF) : null);

  const answer = (ask: (storage: InWasm) => Promise<StorageStatus>) =>
    new Promise<StorageStatus>((resolve) => {
      // A module that breaks on the way answers no more.
      const giveUp = () => resolve(SWITCHED_OFF);
      const asked = used(ask);
      if (!asked) return giveUp();
      signal.addEventListener('abort', giveUp);
      asked.then(resolve, giveUp).finally(() => signal.removeEventListener('abort', giveUp));
    });

  return {
    status,
    enter: () =>
      void used((storage) => {
        storage.enter();
        return true;
      }),
    request: () => answer((storage) => storage.request()),
    refresh: () => answer((storage) => storage.refresh()),
  };
}
