// Watches the page and owns the WebAssembly module.

import { createMatcher, tapConsole } from '../../crate/capture/js/console.js';
import { type UploadHooks, watchFetch } from '../../crate/capture/js/fetch.js';
import type { PersistentStorage, RequestTimings } from '../wasm/capture/lotus_crypto_diag.js';
import { CryptoDiag, type CryptoStores, PageTabs } from '../wasm/capture/lotus_crypto_diag.js';
import { onCallbackFailure } from './callbacks';
import { monotonicNow, now } from './clock';
import { ConsoleTap } from './console-tap';
import type { EndSignal } from './end';
import type { RepairStatus } from './generated/model';
import { HINTS, WORDS } from './generated/words';
import { yieldsUnlessInCall } from './in-call';
import { LateModule } from './late-module';
import type { MatrixClientLike } from './matrix-client';

export type { FromMemory, UploadCall } from '../../crate/capture/js/fetch.js';

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

/** Every method may throw an exception of the module. */
export class Engine {
  private readonly matcher = createMatcher(WORDS, HINTS);
  private readonly module: LateModule;
  private readonly opened = now();
  private console: ConsoleTap | undefined;
  private uploads: { release: () => void; options: UploadWatchOptions } | undefined;
  private isKeepingEvidence = true;
  private cachedStorage: PersistentStorage | undefined;
  private cachedStores: CryptoStores | undefined;
  private cachedTimings: RequestTimings | undefined;
  private cachedTabs: PageTabs | undefined;

  /**
   * Throws if the page cannot run WebAssembly. Calls `onFailure` with an exception from reading a line or an upload,
   * and `onBroken` if the module cannot be instantiated. Aborting `signal` restores everything that was wrapped,
   * without calling the module.
   */
  constructor(
    onChange: () => void,
    private readonly onFailure: (error: unknown) => void,
    onBroken: (error: unknown) => void,
    private readonly signal: EndSignal,
  ) {
    onCallbackFailure(onBroken, signal);
    this.module = new LateModule(onBroken, () => {
      const diag = new CryptoDiag(onChange, now, this.opened);
      this.updateUploadWatch(diag);
      if (!this.isKeepingEvidence) diag.keepEvidence(false);
      onChange();
      return diag;
    });
  }

  /** The module's record of this page, if it is instantiated. Before that, nothing was seen. */
  get diag(): CryptoDiag | undefined {
    return this.module.diag;
  }

  /** The same; instantiates the module if it is not yet. */
  wake(): CryptoDiag {
    return this.module.instantiate();
  }

  warmUp(): void {
    this.matcher.warm();
    this.wake();
  }

  /** Watches the console; returns whether both methods could be wrapped. */
  start(): boolean {
    this.console = this.tap(consoleOf(globalThis), () => 'window');
    return this.console.watched === 2;
  }

  stop(): void {
    this.console?.release();
    this.console = undefined;
  }

  /** Watches a frame's console; `source` names the frame. Returns the undo. */
  watchConsole(console: object, source: () => string): () => void {
    const watched = this.tap(console, source);
    return () => watched.release();
  }

  /** Whether uploads are watched, and whether the breaker is on. Use only until the module is instantiated. */
  uploadsWatched(): { breaker: boolean } | undefined {
    return this.uploads && { breaker: isOn(this.uploads.options.breaker) };
  }

  /** Watches the `fetch` of `scope`; returns whether it could be wrapped. */
  watchUploads(scope: object, { threshold, windowMs, breaker }: UploadWatchOptions): boolean {
    // Release the previous wrapper first: otherwise it would remain beneath the new one.
    this.uploads?.release();
    this.uploads = undefined;
    const { module } = this;
    const callModule = (call: (diag: CryptoDiag) => void) => !module.isBusy && call(this.wake());
    const hooks: UploadHooks = {
      // No upload is answered locally before the first one was answered, so this need not instantiate the module.
      onStart: (call) => (module.isBusy ? null : module.diag?.uploadStarts(call)),
      onErrorResponse: () => callModule((diag) => diag.uploadAnswered()),
      onResponse: (...answer) => callModule((diag) => diag.uploadSettled(...answer)),
      onNoResponse: (...failure) => callModule((diag) => diag.uploadFailed(...failure)),
      onLogout: () => callModule((diag) => diag.signedOut()),
    };
    const watch = watchFetch(scope, hooks, this.onFailure, this.signal);
    // Copied: the host may change the object later.
    const options = { threshold, windowMs, breaker } as UploadWatchOptions;
    this.uploads = watch && { release: watch.release, options };
    if (module.diag) this.updateUploadWatch(module.diag);
    return this.uploads !== undefined;
  }

  unwatchUploads(): void {
    this.uploads?.release();
    this.uploads = undefined;
    if (this.diag) this.updateUploadWatch(this.diag);
  }

  /** Turns storing beyond the end of the page on or off; turning it off removes what was stored. */
  keepEvidence(on: boolean): void {
    this.isKeepingEvidence = on;
    this.diag?.keepEvidence(on);
  }

  storage(): PersistentStorage {
    this.cachedStorage ??= this.wake().storage();
    return this.cachedStorage;
  }

  /** The crypto stores; `databasesAtBoot` is the browser's list of databases when the package was installed. */
  stores(databasesAtBoot: Promise<unknown> | undefined): CryptoStores {
    this.cachedStores ??= this.wake().stores(databasesAtBoot);
    return this.cachedStores;
  }

  /** Asks the browser about a store to which the connection was lost. Does nothing if no store was ever checked. */
  askAboutLostStore(): void {
    this.cachedStores?.askAboutLost();
  }

  /** The timings of requests. */
  timings(): RequestTimings {
    this.cachedTimings ??= this.wake().timings();
    return this.cachedTimings;
  }

  /** The tabs of this page's session; `opened` is when the page was loaded. */
  tabs(onChange: () => void, opened: number): PageTabs {
    const diag = this.wake();
    this.cachedTabs ??= new PageTabs(diag, onChange, now, monotonicNow, opened, yieldsUnlessInCall);
    return this.cachedTabs;
  }

  /** Returns `undefined` if the tabs were never asked. */
  repairOneTimeKeys(mx: MatrixClientLike | null | undefined): Promise<RepairStatus> | undefined {
    return this.cachedTabs && this.wake().repairOneTimeKeys(mx, this.cachedTabs);
  }

  private tap(console: object | undefined, source: () => string): ConsoleTap {
    const { module, matcher, onFailure, signal } = this;
    return new ConsoleTap(
      module,
      (onMatch) => tapConsole(console, matcher, source, onMatch, onFailure, signal),
      signal,
    );
  }

  private updateUploadWatch(diag: CryptoDiag): void {
    diag.watchUploads(this.uploads !== undefined, this.uploads?.options ?? {});
  }
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
