// Watches the page and owns the WebAssembly module.

import { createMatcher, tapConsole } from '../../crate/capture/js/console.js';
import { type Uploads, watchFetch } from '../../crate/capture/js/fetch.js';
import {
  CryptoDiag,
  type CryptoStores,
  PageTabs,
  type PersistentStorage,
  type RequestTimings,
} from '../wasm/capture/lotus_crypto_diag.js';
import { onCallbackFailure } from './callbacks';
import { now, steady } from './clock';
import { ConsoleTap } from './console-tap';
import type { EndSignal } from './end';
import type { CryptoStoreStatus, EarlierSummary, Evidences, RepairStatus } from './generated/model';
import { HINTS, WORDS } from './generated/words';
import { yieldsUnlessInCall } from './in-call';
import { LateModule } from './late-module';
import type { MatrixClientLike } from './matrix-client';

export type { FromMemory, UploadCall } from '../../crate/capture/js/fetch.js';

export interface Engine {
  /** Whether the module is instantiated. Before that, nothing was seen. */
  isAwake(): boolean;
  /** Instantiates the module if it is not yet. */
  wake(): void;
  /** Whether uploads are watched, and whether the breaker is on. Use only until the module is instantiated. */
  uploadsWatched(): { breaker: boolean } | undefined;
  /** The module's record of this page. */
  diag(): CryptoDiag;
  /** Watches the console; returns whether both methods could be wrapped. */
  start(): boolean;
  stop(): void;
  /** Watches a frame's console; `source` names the frame. Returns the undo. */
  watchConsole(console: object, source: () => string): () => void;
  evidence(): Evidences;
  /** The crypto stores; `databasesAtBoot` is the browser's list of databases when the package was installed. */
  stores(databasesAtBoot: Promise<unknown> | undefined): CryptoStores;
  /** Asks the browser about a store to which the connection was lost. Does nothing if no store was ever checked. */
  askAboutLostStore(): void;
  /** The capture session: see `CaptureSessions` in the core crate. */
  startCapture(): void;
  markCapture(kind: string): void;
  stopCapture(): void;
  /** The crypto store of this user and device; a missing id matches any. */
  cryptoStore(userId: string | undefined, deviceId: string | undefined): CryptoStoreStatus | null;
  /** Watches the `fetch` of `scope`; returns whether it could be wrapped. */
  watchUploads(scope: object, options: UploadWatchOptions): boolean;
  unwatchUploads(): void;
  /** Lets the next upload through that would be answered locally. */
  probeUploads(): void;
  loggedOut(userId: string | undefined, deviceId: string | undefined): void;
  /**
   * Stores the evidence beyond the end of the page: soon, while the page is idle. Does nothing if nothing was seen yet.
   */
  keep(): void;
  /** Turns storing on or off; turning it off removes what was stored. */
  keepEvidence(on: boolean): void;
  /** Removes what was stored; returns whether that worked. */
  forgetEarlier(): boolean;
  /** The time that the evidence of earlier page loads covers; `null`: there is none, or it was not read yet. */
  earlier(): EarlierSummary | null;
  /**
   * Claims the device's keys that the homeserver still holds; `tabs` tells whether other tabs are open. Never rejects.
   */
  repairOneTimeKeys(mx: MatrixClientLike | null | undefined, tabs: () => OtherTabs): Promise<RepairStatus>;
  storage(): PersistentStorage;
  timings(): RequestTimings;
  /** The tabs of this page's session; `opened` is when the page was loaded. */
  tabs(onChange: () => void, opened: number): PageTabs;
}

/** When refused uploads count as a loop, and what to do about it. */
export interface UploadWatchOptions {
  /** How many refusals in a row, without an accepted upload between them, are a loop: 1 to 100. Default: 3. */
  threshold?: number;
  /** The time in which these refusals must occur, in milliseconds. Default: ten minutes. */
  windowMs?: number;
  /** Whether uploads are answered locally while the loop lasts. Default: `true`. */
  breaker?: boolean;
  /** Whether the page's own `fetch` is watched; if not, only `fetchFn` is. Default: `true`. */
  wrap?: boolean;
}

/** Whether this is the session's only tab (`alone`), and was not since the page was loaded (`alone-since-later`). */
export type OtherTabs = 'alone' | 'alone-since-later' | 'unknown';

/**
 * Throws if the page cannot run WebAssembly. Calls `onFailure` with an exception from reading a line or an upload, and
 * `onBroken` if the module cannot be instantiated. Aborting `signal` restores everything that was wrapped, without
 * calling the module.
 */
export function createEngine(
  onChange: () => void,
  onFailure: (error: unknown) => void,
  onBroken: (error: unknown) => void,
  signal: EndSignal,
): Engine {
  const opened = now();
  const matcher = createMatcher(WORDS, HINTS);
  let storage: PersistentStorage | undefined;
  let stores: CryptoStores | undefined;
  let timings: RequestTimings | undefined;
  let tabs: PageTabs | undefined;
  let uploads: { release: () => void; options: UploadWatchOptions } | undefined;
  let console: ConsoleTap | undefined;
  let isKept = true;

  const tellOfUploads = (to: CryptoDiag) => to.watchUploads(uploads !== undefined, uploads?.options ?? {});
  onCallbackFailure(onBroken, signal);
  const module = new LateModule(onBroken, () => {
    const made = new CryptoDiag(onChange, now, opened);
    tellOfUploads(made);
    if (!isKept) made.keepEvidence(false);
    onChange();
    return made;
  });
  const awake = () => module.instantiate();
  const tap = (console: object | undefined, source: () => string) =>
    new ConsoleTap(module, (onMatch) => tapConsole(console, matcher, source, onMatch, onFailure, signal), signal);

  return {
    isAwake: () => module.diag !== undefined,
    diag: awake,
    wake() {
      matcher.warm();
      awake();
    },
    uploadsWatched: () => uploads && { breaker: isOn(uploads.options.breaker) },
    start() {
      console = tap(consoleOf(globalThis), () => 'window');
      return console.watched === 2;
    },
    watchConsole(console, source) {
      const watched = tap(console, source);
      return () => watched.release();
    },
    stop() {
      console?.release();
      console = undefined;
    },
    startCapture: () => awake().startCapture(),
    markCapture: (kind) => awake().markCapture(kind),
    stopCapture: () => awake().stopCapture(),
    evidence: () => awake().evidence(),
    stores(databasesAtBoot) {
      stores ??= awake().stores(databasesAtBoot);
      return stores;
    },
    askAboutLostStore: () => stores?.askAboutLost(),
    watchUploads(scope, { threshold, windowMs, breaker }) {
      // Release the previous wrapper first: otherwise it would remain beneath the new one.
      uploads?.release();
      uploads = undefined;
      const tell = (call: (diag: CryptoDiag) => void) => !module.isBusy && call(awake());
      const seen: Uploads = {
        // No upload is answered locally before the first one was answered, so this need not instantiate the module.
        starts: (call) => (module.isBusy ? null : module.diag?.uploadStarts(call)),
        answered: () => tell((diag) => diag.uploadAnswered()),
        settled: (...answer) => tell((diag) => diag.uploadSettled(...answer)),
        failed: (...failure) => tell((diag) => diag.uploadFailed(...failure)),
        loggedOut: () => tell((diag) => diag.signedOut()),
      };
      const watch = watchFetch(scope, seen, onFailure, signal);
      // Copied: the host may change the object later.
      const options = { threshold, windowMs, breaker } as UploadWatchOptions;
      if (watch) uploads = { release: watch.release, options };
      if (module.diag) tellOfUploads(module.diag);
      return uploads !== undefined;
    },
    unwatchUploads() {
      uploads?.release();
      uploads = undefined;
      if (module.diag) tellOfUploads(module.diag);
    },
    probeUploads: () => module.diag?.probeUploads(),
    loggedOut: (userId, deviceId) => module.diag?.loggedOut(userId, deviceId),
    keep: () => module.diag?.keep(),
    keepEvidence(on) {
      isKept = on;
      module.diag?.keepEvidence(on);
    },
    forgetEarlier: () => awake().forgetEarlier(),
    earlier: () => module.diag?.earlierSummary() ?? null,
    repairOneTimeKeys: (mx, tabs) => awake().repairOneTimeKeys(mx, tabs),
    storage() {
      storage ??= awake().storage();
      return storage;
    },
    timings() {
      timings ??= awake().timings();
      return timings;
    },
    tabs(onChange, opened) {
      const diag = awake();
      tabs ??= new PageTabs(diag, onChange, now, steady, opened, yieldsUnlessInCall);
      return tabs;
    },
    // If anything asked about a store before, the module is already instantiated.
    cryptoStore: (userId, deviceId) => module.diag?.cryptoStore(userId, deviceId) ?? null,
  };
}

/** Reads the option as the module does. */
const isOn = (breaker: unknown) => breaker === undefined || breaker === null || Boolean(breaker);

/** A page may have replaced `console` with a getter that throws: treat it like a missing console. */
function consoleOf(page: { console?: object }): object | undefined {
  try {
    return page.console;
  } catch {
    return undefined;
  }
}
