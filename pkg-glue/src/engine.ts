// The WebAssembly module: inlined, and instantiated synchronously on first use.

import { CryptoDiag, initSync, TabElection } from '../wasm/capture/lotus_crypto_diag.js';
import wasm from '../wasm/capture/optimised.wasm';
import type { Host } from './election';
import type { EndSignal } from './end';
import type { CryptoStoreStatus, Evidences } from './generated/model';
import { bytesOf } from './inlined';

export interface Engine {
  /** Whether both console methods could be wrapped. */
  start(): boolean;
  stop(): void;
  /** Watches the console of a frame; `source` tells where it is. Gives the undo. */
  watchConsole(console: object, source: () => string): () => void;
  evidence(): Evidences;
  /** A text without its secrets. */
  redact(text: string): string;
  storeFound(device: StoreOfDevice, existed: boolean | undefined, error: string | undefined): void;
  storeKeys(device: StoreOfDevice, ed25519: string, curve25519: string): void;
  /** Whether the browser still lists the database, after the connection to it was lost. */
  storeListed(device: StoreOfDevice, isListed: boolean): void;
  /** Of the given user and device; of an id that is not known, every one fits. */
  cryptoStore(userId: string | undefined, deviceId: string | undefined): CryptoStoreStatus | null;
  /** Whether the `fetch` of `scope` could be wrapped. */
  watchUploads(scope: object, options: UploadWatchOptions): boolean;
  unwatchUploads(): void;
  /** Of the uploads that are held back, the next goes through. */
  probeUploads(): void;
  loggedOut(userId: string | undefined, deviceId: string | undefined): void;
  elect(name: string, id: string, host: Host, guard: (call: () => void) => boolean, signal: EndSignal): TabElection;
}

/** When refused uploads are a loop, and what is done about it. */
export interface UploadWatchOptions {
  /** So many refusals without an accepted upload between them are a loop: 1 to 100. Three, if nothing is given. */
  threshold?: number;
  /** If they come within so many milliseconds. Ten minutes, if nothing is given. */
  windowMs?: number;
  /** Whether uploads are held back while the loop lasts. They are, if nothing is given. */
  breaker?: boolean;
  /** Whether the page's own `fetch` is watched. If not, only `fetchFn` is. It is, if nothing is given. */
  wrap?: boolean;
}

/** A Matrix device, and the IndexedDB database of its crypto store. */
export interface StoreOfDevice {
  userId: string;
  deviceId: string;
  database: string;
}

/** Throws where the page cannot run WebAssembly. `signal` lets all of the page go, without a call of the module. */
export function createEngine(onChange: () => void, onFailure: (error: unknown) => void, signal: EndSignal): Engine {
  if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly');
  initSync({ module: bytesOf(wasm) });
  const diag = new CryptoDiag(onChange, onFailure, signal);
  return {
    start: () => diag.start(consoleOf(globalThis), () => 'window'),
    watchConsole: (console, source) => {
      const watched = diag.watchConsole(console, source);
      return () => watched.free();
    },
    stop: () => diag.stop(),
    evidence: () => JSON.parse(diag.evidence()),
    redact: (text) => diag.redact(text),
    storeFound: ({ userId, deviceId, database }, existed, error) =>
      diag.storeFound(userId, deviceId, database, existed, error),
    storeKeys: ({ userId, deviceId, database }, ed25519, curve25519) =>
      diag.storeKeys(userId, deviceId, database, ed25519, curve25519),
    storeListed: ({ userId, deviceId, database }, isListed) => diag.storeListed(userId, deviceId, database, isListed),
    watchUploads: (scope, { threshold, windowMs, breaker }) => diag.watchUploads(scope, threshold, windowMs, breaker),
    unwatchUploads: () => diag.unwatchUploads(),
    probeUploads: () => diag.probeUploads(),
    loggedOut: (userId, deviceId) => diag.loggedOut(userId, deviceId),
    elect: (name, id, host, guard, signal) => new TabElection(name, id, host, guard, signal),
    cryptoStore: (userId, deviceId) => JSON.parse(diag.cryptoStore(userId, deviceId)),
  };
}

/** A page may have put a getter in its place that throws: then it cannot be wrapped, like one that is missing. */
function consoleOf(page: { console?: object }): object | undefined {
  try {
    return page.console;
  } catch {
    return undefined;
  }
}
