// The library's state in this page. All copies of the package in a page share one core: the first one used creates it,
// the others find it.

import { createStatus, type Start } from './capture-status';
import { isoNow, now } from './clock';
import { End, once, untilEnd } from './end';
import type { Engine, UploadWatchOptions } from './engine';
import { historyUnknown, notRepaired } from './fallback-values';
import { Frames } from './frames';
import type { HistorySafety } from './generated/glue';
import type {
  CaptureStatus,
  EarlierSummary,
  Entry,
  Evidences,
  RepairStatus,
  StorageStatus,
  TabRole,
} from './generated/model';
import { NO_EVIDENCE } from './generated/nothing';
import { GuardedEngine } from './guarded-engine';
import { createLatency } from './latency';
import { Listeners } from './listeners';
import type { MatrixClientLike } from './matrix-client';
import { hasPromises } from './promise-support';
import { createReports } from './reports';
import { SessionTabs } from './session-tabs';
import { shareCore } from './shared-core';
import { createStorage } from './storage';
import { createStores, listDatabases } from './stores';

/** The data for a view. The same object until something changes. */
export interface CryptoDiagSnapshot extends Evidences {
  readonly status: CaptureStatus;
  /** `null` until the storage was first looked at. */
  readonly storage: StorageStatus | null;
  /**
   * `role`: this tab's role in its session (`null`: the host holds no election). `count`: how many tabs of the session
   * are open (`null`: the others were not asked, or could not be). `leaderSilent`: the leader did not answer this tab's
   * request to take over.
   */
  readonly tabs: { readonly role: TabRole | null; readonly count: number | null; readonly leaderSilent: boolean };
  /** The time that the evidence of earlier page loads covers; `null`: there is none, or it was not read yet. */
  readonly earlier: EarlierSummary | null;
}

let pageCore: Core | undefined;

export function core(): Core {
  pageCore ??= shareCore(() => new Core());
  return pageCore;
}

export class Core {
  /** When aborted, every wrapped console and `fetch` is restored. */
  private readonly end = new End();
  private readonly statusBoard = createStatus(() => this.listeners.schedule());
  private readonly listeners: Listeners = new Listeners(this.statusBoard.start, () => this.handleChange());
  private readonly engine = new GuardedEngine(this.statusBoard, this.listeners, this.end);
  private lastEvidence: Evidences = NO_EVIDENCE;
  private cachedSnapshot: CryptoDiagSnapshot | undefined;
  private installs = 0;
  private watches = 0;
  private capturingSince: string | null = null;
  private databasesAtBoot: Promise<unknown> | undefined;
  private readonly opened = now();

  /** Starts a part. An exception is recorded in the status and not rethrown. */
  readonly start: Start = this.statusBoard.start;
  /** Forwards to the page's `fetch`; can be watched instead of it. */
  readonly requests: { fetch: typeof fetch } = { fetch: (input, init) => globalThis.fetch(input, init) };

  readonly storage = createStorage(
    (call) => this.engine.use((engine) => call(engine.storage())),
    this.engine.isAwake,
    this.listeners.schedule,
    this.end,
  );
  readonly stores = createStores(
    (call) => this.engine.use((engine) => call(engine.stores(this.databasesAtBoot))),
    () => this.status().reason,
    this.end,
  );
  readonly tabs = new SessionTabs(
    (call) => this.engine.use((engine) => call(engine.tabs(this.listeners.schedule, this.opened))),
    this.opened,
    () => this.evidence(),
    this.listeners.schedule,
    this.end,
    this.start,
  );
  readonly frames = new Frames((console, source) => {
    const undo = this.engine.use((engine) => engine.watchConsole(console, source));
    return undo && (() => this.engine.callIfCreated(undo));
  }, this.start);
  readonly latency = createLatency(
    this.start,
    (call) => this.engine.use((engine) => call(engine.timings())),
    this.engine.isAwake,
  );
  readonly reports = createReports(
    (call) => this.engine.use((engine) => call(engine.wake())),
    () => {
      this.latency.flush();
      const [blindSpots, tabs] = [this.frames.blindSpots(), this.tabs.status()];
      return { status: this.status(), capturingSince: this.capturingSince, blindSpots, tabs };
    },
    () => this.lastEvidence,
    this.end,
  );

  /** The capture session: the user is about to reproduce a fault, and marks when it happens. */
  readonly captures = {
    start: () => this.change((engine) => engine.wake().startCapture()),
    mark: (kind: unknown) => this.change((engine) => engine.wake().markCapture(typeof kind === 'string' ? kind : '')),
    stop: () => this.change((engine) => engine.wake().stopCapture()),
  };
  /** Evidence that is stored beyond the end of the page. */
  readonly keeping = {
    /** Turns storing on or off; turning it off removes what was stored. */
    setEnabled: (on: boolean) => this.change((engine) => engine.keepEvidence(on)),
    /** Removes what was stored; returns whether that worked. */
    forget: () => this.change((engine) => engine.wake().forgetEarlier()) ?? false,
  };

  install(): () => void {
    this.installs += 1;
    if (this.installs === 1) this.capture();
    return once(() => {
      this.installs -= 1;
      if (this.installs > 0) return;
      this.engine.callIfCreated((engine) => engine.stop());
      if (['running', 'degraded'].includes(this.statusBoard.state())) this.statusBoard.set('idle', null);
    });
  }

  private capture(): void {
    this.databasesAtBoot ??= listDatabases();
    this.engine.make(true);
    const isComplete = this.engine.callIfCreated((engine) => engine.start());
    if (isComplete === undefined) return;
    this.capturingSince ??= isoNow();
    if (isComplete) this.statusBoard.set('running', null);
    else this.statusBoard.set('degraded', 'the console of this page cannot be wrapped');
  }

  /** A copy of the evidence. */
  entries(): Entry[] {
    // After a failure, `lastEvidence` is shared by all readers, but the caller may modify what it gets: copy it.
    return (
      this.engine.callIfCreated((engine) => engine.wake().entries()) ??
      JSON.parse(JSON.stringify(this.lastEvidence.entries))
    );
  }

  status(): CaptureStatus {
    return this.statusBoard.current();
  }

  /** Wraps `fetch` and returns the undo. Options given here replace those of an earlier call. */
  watchUploads(options?: UploadWatchOptions): () => void {
    this.watches += 1;
    if (this.watches === 1 || options) {
      this.engine.make(true);
      const watchOptions = options ?? {};
      const scope = watchOptions.wrap === false ? this.requests : globalThis;
      this.start('the watch on key uploads', () => {
        const isWatched = this.engine.callIfCreated((engine) => engine.watchUploads(scope, watchOptions));
        if (isWatched === false) throw new Error('fetch cannot be wrapped');
      });
      this.listeners.schedule();
    }
    return once(() => {
      this.watches -= 1;
      if (this.watches > 0) return;
      this.engine.callIfCreated((engine) => engine.unwatchUploads());
      this.listeners.schedule();
    });
  }

  /** Lets the next upload through that would be answered locally. */
  probeUploads(): void {
    this.engine.callIfCreated((engine) => engine.diag?.probeUploads());
  }

  /** Records that a device was logged out. With an id missing, the most recent device that matches the other. */
  loggedOut(userId: string | undefined, deviceId: string | undefined): void {
    this.engine.callIfCreated((engine) => engine.diag?.loggedOut(userId, deviceId));
    this.listeners.schedule();
  }

  subscribe(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  snapshot(): CryptoDiagSnapshot {
    this.cachedSnapshot ??= {
      ...this.evidenceForView(),
      status: this.status(),
      storage: this.storage.status(),
      tabs: this.tabs.summary(),
      earlier: this.engine.callIfCreated((engine) => engine.diag?.earlierSummary()) ?? null,
    };
    return this.cachedSnapshot;
  }

  /** Asks the other tabs, then repairs the keys if a repair can help. Never rejects. */
  async repairOneTimeKeys(mx: MatrixClientLike | null | undefined): Promise<RepairStatus> {
    await this.tabs.callRoll();
    const repairing = this.engine.use((engine) => engine.repairOneTimeKeys(mx));
    return untilEnd(this.end, repairing, notRepaired);
  }

  /** Which part of the message history a logout would cost. Never rejects. */
  historySafety(mx: MatrixClientLike): Promise<HistorySafety> {
    const safety = hasPromises() ? this.engine.use((engine) => engine.wake().historySafety(mx)) : undefined;
    return untilEnd(this.end, safety, historyUnknown);
  }

  private change<T>(call: (engine: Engine) => T): T | undefined {
    const result = this.engine.use(call);
    this.listeners.schedule();
    return result;
  }

  private handleChange(): void {
    this.cachedSnapshot = undefined;
    // If the connection to a crypto store was lost, ask the browser about that store, even without any listener.
    this.engine.callIfCreated((engine) => engine.askAboutLostStore());
    // Store the evidence beyond the end of the page: soon, while the page is idle.
    this.engine.callIfCreated((engine) => engine.diag?.keep());
  }

  private evidence(): Evidences {
    this.lastEvidence = this.engine.callIfCreated((engine) => engine.wake().evidence()) ?? this.lastEvidence;
    return this.lastEvidence;
  }

  /** Views render while the app starts and must not instantiate the module. Before it is, nothing was seen. */
  private evidenceForView(): Evidences {
    if (this.engine.isAwake()) return this.evidence();
    const { lastEvidence } = this;
    if (this.statusBoard.state() === 'failed') return lastEvidence;
    const watch = this.engine.callIfCreated((engine) => engine.uploadsWatched());
    const breaker = watch?.breaker ? 'closed' : 'off';
    return { ...lastEvidence, uploadLoop: { ...lastEvidence.uploadLoop, watched: watch !== undefined, breaker } };
  }
}
