// The state of the library in this page. There is one, even where two copies of the package were bundled: the copy that
// is used first makes it, the others find it.

import { explain } from './bounded';
import { createStatus, type Start } from './capture-status';
import { isoNow, now } from './clock';
import { End, untilEnd } from './end';
import { createEngine, type Engine, type OtherTabs, type UploadWatchOptions } from './engine';
import { createFrames, type Frames, type WatchConsole } from './frames';
import type {
  CaptureStatus,
  EarlierSummary,
  Entry,
  Evidences,
  RepairStatus,
  StorageStatus,
  TabRole,
} from './generated/model';
import { createLatency, type LatencyWatch } from './latency';
import type { MatrixClientLike } from './matrix-client';
import { whenStarted } from './moments';
import { noEvidence, notRepaired } from './nothing-seen';
import { createReports, type Reports } from './reports';
import { shareCore } from './shared-core';
import { createStorage, type PersistentStorage } from './storage';
import { createStores, listDatabases, type Stores } from './stores';
import { createTabs, type TabsHere } from './tabs';

/** What a view needs. The same object for as long as nothing changed. */
export interface CryptoDiagSnapshot extends Evidences {
  readonly status: CaptureStatus;
  /** `null` before it was looked at. */
  readonly storage: StorageStatus | null;
  /**
   * What this tab is to its session (`null`: the host holds no election), and how many tabs of it are open (`null`: the
   * others were not asked, or could not be). `leaderSilent`: the leader left it unanswered that this tab asked to take over.
   */
  readonly tabs: { readonly role: TabRole | null; readonly count: number | null; readonly leaderSilent: boolean };
  /** How far the evidence of earlier page loads reaches; `null`: there is none, or it was not looked at yet. */
  readonly earlier: EarlierSummary | null;
}

export interface Core {
  /** Starts a part; where it throws, the status says so, and nobody else is troubled. */
  readonly start: Start;
  install(): () => void;
  /** A copy of the evidence. */
  entries(): Entry[];
  status(): CaptureStatus;
  /** Wraps `fetch`; options that are given replace those of a call before. Returns the undo. */
  watchUploads(options?: UploadWatchOptions): () => void;
  /** Of the uploads that are held back, the next goes through. */
  probeUploads(): void;
  /** What passes on to the page's `fetch`, and can be watched in place of it. */
  readonly requests: { fetch: typeof fetch };
  /** A device was logged out. Of an id that is not known, the latest that fits. */
  loggedOut(userId: string | undefined, deviceId: string | undefined): void;
  /** What is kept of page loads beyond their end. */
  readonly keeping: {
    /** Whether it is wanted. Where it is not, what was kept is removed. */
    turn(on: boolean): void;
    /** Says whether it is gone. */
    forget(): boolean;
  };
  subscribe(listener: () => void): () => void;
  snapshot(): CryptoDiagSnapshot;
  readonly storage: PersistentStorage;
  readonly stores: Stores;
  readonly tabs: TabsHere;
  readonly frames: Frames;
  readonly latency: LatencyWatch;
  readonly reports: Reports;
  /** Asks the other tabs, then repairs where that can help. Never rejects. */
  repairOneTimeKeys(mx: MatrixClientLike | null | undefined): Promise<RepairStatus>;
  /** The capture session: a person is about to provoke a fault, and says when it happens. */
  readonly captures: { start(): void; mark(kind: unknown): void; stop(): void };
}

/** The shortest time between two calls of the listeners for new evidence. */
const INTERVAL_MS = 250;

let known: Core | undefined;

export function core(): Core {
  known ??= shareCore(createCore);
  return known;
}

function createCore(): Core {
  let engine: Engine | undefined;
  let known = noEvidence();
  let snapshot: CryptoDiagSnapshot | undefined;
  let installs = 0;
  let watches = 0;
  let capturingSince: string | null = null;
  let databasesAtBoot: Promise<unknown> | undefined;
  const listeners = new Set<() => void>();
  let notifying = false;
  let scheduled = false;
  let lastNotified = Number.NEGATIVE_INFINITY;
  /** Lets go of every console and of `fetch`. */
  const end = new End();

  /** Once broken, the wasm is not called again: its memory may be half written. */
  const usable = (): Engine | undefined => (status.state() === 'failed' ? undefined : engine);

  const fail = (error: unknown): void => {
    if (status.state() === 'failed') return;
    status.set('failed', `diagnostics broke and were switched off: ${explain(error)}`);
    end.abort();
  };

  const handleEvidence = (): void => {
    // What a listener logs is kept, but tells nobody: it would call itself for ever.
    if (!notifying) schedule();
  };

  /** Listeners are told soon, never from inside the line that was logged, and not for every line of a storm. */
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    const rest = Math.max(0, Math.min(INTERVAL_MS, lastNotified + INTERVAL_MS - now()));
    const tell = () => {
      scheduled = false;
      lastNotified = now();
      notify();
    };
    const isSet = status.start('the timer of the listeners', () => void setTimeout(tell, rest));
    if (!isSet) queueMicrotask(tell);
  };

  const status = createStatus(schedule);
  const { start } = status;

  let sawOthers = false;
  /** This tab leads alone; of tabs that were asked a moment ago. */
  const otherTabs = (): OtherTabs => {
    const { role, count } = tabs.summary();
    if (count !== 1 || role === 'follower') return 'unknown';
    return sawOthers ? 'alone-since-later' : 'alone';
  };

  const notify = (): void => {
    snapshot = undefined;
    const { role, count } = tabs.summary();
    sawOthers ||= role === 'follower' || (count ?? 0) > 1;
    // The browser is asked about a store to which the connection was lost, whether anybody looks or not.
    guarded((e) => e.askAboutLostStore());
    guarded((e) => e.keep());
    notifying = true;
    try {
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch {
          // A listener's own affair; the others are told.
        }
      }
    } finally {
      notifying = false;
    }
  };

  const guarded = <T>(call: (engine: Engine) => T): T | undefined => {
    const usableEngine = usable();
    if (!usableEngine) return undefined;
    try {
      return call(usableEngine);
    } catch (error) {
      fail(error);
      return undefined;
    }
  };

  /** A page that refuses it is asked anew by who installs or watches, not by every report. */
  const ensureEngine = (again = false): void => {
    if (engine || status.state() === 'failed' || (status.state() === 'unavailable' && !again)) return;
    try {
      const handleFailure = (error: unknown) => {
        // An exhausted stack is the page's; it does not break the module for good.
        if (!(error instanceof RangeError)) fail(error);
      };
      engine = createEngine(handleEvidence, handleFailure, fail, end);
      // While the page is idle, so that the first evidence need not wait for it.
      if (typeof document !== 'undefined') whenStarted(start, wake);
    } catch (error) {
      status.set('unavailable', `this page cannot run the diagnostics: ${explain(error)}`);
    }
  };

  const wake = (): void => {
    guarded((e) => e.wake());
    schedule();
  };

  const isAwake = (): boolean => usable()?.isAwake() ?? false;

  const storage = createStorage(
    (call) => {
      ensureEngine();
      return guarded((e) => call(e.storage()));
    },
    isAwake,
    schedule,
    end,
  );
  const stores = createStores(
    (call) => {
      ensureEngine();
      return guarded((e) => call(e.stores(databasesAtBoot)));
    },
    (userId, deviceId) => guarded((e) => e.cryptoStore(userId, deviceId)),
    end,
  );

  const opened = now();
  const tabs = createTabs(
    (call) => {
      ensureEngine();
      return guarded((e) => call(e.tabs(schedule, opened)));
    },
    opened,
    () => evidence(),
    schedule,
    end,
    start,
  );

  const watchConsole: WatchConsole = (console, source) => {
    ensureEngine();
    const undo = guarded((e) => e.watchConsole(console, source));
    return undo && (() => guarded(undo));
  };
  const frames = createFrames(watchConsole, start);

  const latency = createLatency(
    start,
    (call) => {
      ensureEngine();
      return guarded((e) => call(e.timings()));
    },
    isAwake,
  );
  const reports = createReports(
    (call) => {
      ensureEngine();
      return guarded((e) => call(e.diag()));
    },
    () => {
      latency.flush();
      return { status: status.now(), capturingSince, blindSpots: frames.blindSpots(), tabs: tabs.status() };
    },
    () => known,
    end,
  );
  const capture = (call: (engine: Engine) => void) => {
    ensureEngine();
    guarded(call);
    schedule();
  };

  const requests: Core['requests'] = { fetch: (input, init) => globalThis.fetch(input, init) };

  const evidence = (): Evidences => {
    known = guarded((e) => e.evidence()) ?? known;
    return known;
  };

  /** Views are drawn while the app starts: that does not instantiate the module. Nothing was seen before it is. */
  const glance = (): Evidences => {
    const asleep = usable();
    if (!asleep || asleep.isAwake()) return asleep ? evidence() : known;
    const watch = asleep.uploadsWatched();
    const breaker = watch?.breaker ? 'closed' : 'off';
    return { ...known, uploadLoop: { ...known.uploadLoop, watched: watch !== undefined, breaker } };
  };

  const takeSnapshot = (): CryptoDiagSnapshot => {
    return {
      ...glance(),
      status: status.now(),
      storage: storage.status(),
      tabs: tabs.summary(),
      earlier: guarded((e) => e.earlier()) ?? null,
    };
  };

  return {
    start,
    install() {
      installs += 1;
      if (installs === 1) {
        databasesAtBoot ??= listDatabases();
        ensureEngine(true);
        const complete = guarded((e) => e.start());
        if (complete !== undefined) capturingSince ??= isoNow();
        if (complete !== undefined) {
          status.set(complete ? 'running' : 'degraded', complete ? null : 'the console of this page cannot be wrapped');
        }
      }
      let undone = false;
      return () => {
        if (undone) return;
        undone = true;
        installs -= 1;
        if (installs > 0) return;
        guarded((e) => e.stop());
        if (['running', 'degraded'].includes(status.state())) status.set('idle', null);
      };
    },
    // What was known when the module broke is shared with every reader; what is given away here may be changed.
    entries: () => guarded((e) => e.diag().entries()) ?? JSON.parse(JSON.stringify(known.entries)),
    status: () => status.now(),
    watchUploads(options) {
      watches += 1;
      if (watches === 1 || options) {
        ensureEngine(true);
        const given = options ?? {};
        const scope = given.wrap === false ? requests : globalThis;
        start('the watch on key uploads', () => {
          if (guarded((e) => e.watchUploads(scope, given)) === false) throw new Error('fetch cannot be wrapped');
        });
        schedule();
      }
      let undone = false;
      return () => {
        if (undone) return;
        undone = true;
        watches -= 1;
        if (watches > 0) return;
        guarded((e) => e.unwatchUploads());
        schedule();
      };
    },
    probeUploads: () => void guarded((e) => e.probeUploads()),
    requests,
    loggedOut(userId, deviceId) {
      guarded((e) => e.loggedOut(userId, deviceId));
      schedule();
    },
    keeping: {
      turn(on) {
        ensureEngine();
        guarded((e) => e.keepEvidence(on));
        schedule();
      },
      forget() {
        ensureEngine();
        const isGone = guarded((e) => e.forgetEarlier()) ?? false;
        schedule();
        return isGone;
      },
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    snapshot() {
      snapshot ??= takeSnapshot();
      return snapshot;
    },
    storage,
    stores,
    tabs,
    frames,
    latency,
    reports,
    async repairOneTimeKeys(mx) {
      ensureEngine();
      await tabs.call();
      const repairing = guarded((e) => e.repairOneTimeKeys(mx, otherTabs));
      return untilEnd(end, repairing, notRepaired);
    },
    captures: {
      start: () => capture((e) => e.startCapture()),
      mark: (kind) => capture((e) => e.markCapture(typeof kind === 'string' ? kind : '')),
      stop: () => capture((e) => e.stopCapture()),
    },
  };
}
