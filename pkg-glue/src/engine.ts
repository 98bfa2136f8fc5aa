// What watches the page, and the WebAssembly module behind it. The module is inlined, and instantiated synchronously when
// the first thing happens that is evidence: an app in which nothing is wrong starts without it.

import { createMatcher, tapConsole } from '../../crate/js/console.js';
import { watchFetch } from '../../crate/js/fetch.js';
import { CryptoDiag, initSync, type LineReader, TabElection } from '../wasm/capture/lotus_crypto_diag.js';
import wasm from '../wasm/capture/optimised.wasm';
import { now } from './clock';
import type { Host } from './election';
import type { EndSignal } from './end';
import type { CryptoStoreStatus, Evidences } from './generated/model';
import { HINTS, WORDS } from './generated/words';
import { bytesOf } from './inlined';

export interface Engine {
  /** Whether the module is instantiated. Before that, nothing was seen. */
  isAwake(): boolean;
  /** Instantiates the module, if it is not. */
  wake(): void;
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

/** The shortest module there is: an engine or a policy of the page that refuses this one refuses every one. */
const EMPTY_MODULE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Throws where the page cannot run WebAssembly. `signal` lets all of the page go, without a call of the module. */
export function createEngine(onChange: () => void, onFailure: (error: unknown) => void, signal: EndSignal): Engine {
  if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly');
  new WebAssembly.Module(Uint8Array.from(EMPTY_MODULE));

  const matcher = createMatcher(WORDS, HINTS);
  let diag: CryptoDiag | undefined;
  let uploads: { release: () => void; options: UploadWatchOptions } | undefined;
  let console: { release: () => void } | undefined;

  const tellOfUploads = (to: CryptoDiag) => {
    to.watchUploads(uploads !== undefined, uploads?.options ?? {});
  };

  const awake = (): CryptoDiag => {
    if (diag) return diag;
    try {
      initSync({ module: bytesOf(wasm) });
      const made = new CryptoDiag(onChange, now);
      tellOfUploads(made);
      diag = made;
      return made;
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };

  const tap = (console: object | undefined, source: () => string) => {
    let reader: LineReader | undefined;
    const { watched, release } = tapConsole(
      console,
      matcher,
      source,
      (...line) => {
        reader ??= awake().reader();
        reader.read(...line);
      },
      onFailure,
      signal,
    );
    return {
      watched,
      release: () => {
        release();
        reader?.free();
        reader = undefined;
      },
    };
  };

  return {
    isAwake: () => diag !== undefined,
    wake: () => void awake(),
    start: () => {
      const { watched, release } = tap(consoleOf(globalThis), () => 'window');
      console = { release };
      return watched === 2;
    },
    watchConsole: (console, source) => tap(console, source).release,
    stop: () => {
      console?.release();
      console = undefined;
    },
    evidence: () => awake().evidence(),
    redact: (text) => awake().redact(text),
    storeFound: ({ userId, deviceId, database }, existed, error) =>
      awake().storeFound(userId, deviceId, database, existed, error),
    storeKeys: ({ userId, deviceId, database }, ed25519, curve25519) =>
      awake().storeKeys(userId, deviceId, database, ed25519, curve25519),
    storeListed: ({ userId, deviceId, database }, isListed) =>
      awake().storeListed(userId, deviceId, database, isListed),
    watchUploads(scope, options) {
      // The former one is let go first: it would stay below the new one.
      uploads?.release();
      uploads = undefined;
      const watch = watchFetch(
        scope,
        (upload) => awake().uploadStarts(upload),
        (upload, status, answer, path) => awake().uploadSettled(upload, status, answer, path),
        // Nothing is held back before the first upload.
        () => diag?.probeUploads(false),
        onFailure,
        signal,
      );
      if (watch) uploads = { release: watch.release, options };
      if (diag) tellOfUploads(diag);
      return uploads !== undefined;
    },
    unwatchUploads() {
      uploads?.release();
      uploads = undefined;
      if (diag) tellOfUploads(diag);
    },
    probeUploads: () => diag?.probeUploads(true),
    loggedOut: (userId, deviceId) => diag?.loggedOut(userId, deviceId),
    elect(name, id, host, guard, signal) {
      awake();
      return new TabElection(name, id, host, guard, signal);
    },
    // Whoever asked about a store before has woken the module.
    cryptoStore: (userId, deviceId) => diag?.cryptoStore(userId, deviceId) ?? null,
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
