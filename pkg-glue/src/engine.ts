// What watches the page, and the WebAssembly module behind it.

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
  /** Instantiates the module, if it is not. */
  wake(): void;
  /** Whether uploads are watched, and held back in a loop; for as long as the module is not instantiated. */
  uploadsWatched(): { breaker: boolean } | undefined;
  /** What the module keeps of this page. */
  diag(): CryptoDiag;
  /** Whether both console methods could be wrapped. */
  start(): boolean;
  stop(): void;
  /** Watches the console of a frame; `source` tells where it is. Gives the undo. */
  watchConsole(console: object, source: () => string): () => void;
  evidence(): Evidences;
  /** The crypto stores; `databasesAtBoot` is what the browser listed when the package was installed. */
  stores(databasesAtBoot: Promise<unknown> | undefined): CryptoStores;
  /** The browser is asked about a store to which the connection was lost; not where nobody asked about any. */
  askAboutLostStore(): void;
  /** The capture session: see `CaptureSessions` of the core. */
  startCapture(): void;
  markCapture(kind: string): void;
  stopCapture(): void;
  /** Of the given user and device; of an id that is not known, every one fits. */
  cryptoStore(userId: string | undefined, deviceId: string | undefined): CryptoStoreStatus | null;
  /** Whether the `fetch` of `scope` could be wrapped. */
  watchUploads(scope: object, options: UploadWatchOptions): boolean;
  unwatchUploads(): void;
  /** Of the uploads that are held back, the next goes through. */
  probeUploads(): void;
  loggedOut(userId: string | undefined, deviceId: string | undefined): void;
  /** What was seen is kept beyond the page: soon, while the page is idle. Not where nothing was seen yet. */
  keep(): void;
  /** Whether that is wanted; what was kept before is removed where it is not. */
  keepEvidence(on: boolean): void;
  /** Says whether it is gone. */
  forgetEarlier(): boolean;
  /** How far the evidence of earlier pages reaches; `null`: there is none, or nobody has looked yet. */
  earlier(): EarlierSummary | null;
  /** Claims away what the server holds of the device's keys; `tabs` tells of the others. Never rejects. */
  repairOneTimeKeys(mx: MatrixClientLike | null | undefined, tabs: () => OtherTabs): Promise<RepairStatus>;
  /** The storage of this origin. */
  storage(): PersistentStorage;
  /** The timings of requests. */
  timings(): RequestTimings;
  /** The tabs of this page's session; `opened` is when the page was loaded. */
  tabs(onChange: () => void, opened: number): PageTabs;
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

/** Whether another tab of the session is open, or was since this page was loaded. */
export type OtherTabs = 'alone' | 'alone-since-later' | 'unknown';

/**
 * Throws where the page cannot run WebAssembly. `onFailure` is called with what broke while a line or an upload was read,
 * `onBroken` where the module cannot be instantiated. `signal` lets all of the page go, without a call of the module.
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
      // The former one is let go first: it would stay below the new one.
      uploads?.release();
      uploads = undefined;
      const tell = (call: (diag: CryptoDiag) => void) => !module.isBusy && call(awake());
      const seen: Uploads = {
        // Nothing is held back before the first was answered.
        starts: (call) => (module.isBusy ? null : module.diag?.uploadStarts(call)),
        answered: () => tell((diag) => diag.uploadAnswered()),
        settled: (...answer) => tell((diag) => diag.uploadSettled(...answer)),
        failed: (...failure) => tell((diag) => diag.uploadFailed(...failure)),
        loggedOut: () => tell((diag) => diag.signedOut()),
      };
      const watch = watchFetch(scope, seen, onFailure, signal);
      // As they are now: a host may use the object again.
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
    // Whoever asked about a store before has woken the module.
    cryptoStore: (userId, deviceId) => module.diag?.cryptoStore(userId, deviceId) ?? null,
  };
}

/** As the module reads the option. */
const isOn = (breaker: unknown) => breaker === undefined || breaker === null || Boolean(breaker);

/** A page may have put a getter in its place that throws: then it cannot be wrapped, like one that is missing. */
function consoleOf(page: { console?: object }): object | undefined {
  try {
    return page.console;
  } catch {
    return undefined;
  }
}
