// The library's state in this page. All copies of the package in a page share one core: the first one used creates it,
// the others find it.

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

export interface Core {
  /** Starts a part. An exception is recorded in the status and not rethrown. */
  readonly start: Start;
  install(): () => void;
  /** A copy of the evidence. */
  entries(): Entry[];
  status(): CaptureStatus;
  /** Wraps `fetch` and returns the undo. Options given here replace those of an earlier call. */
  watchUploads(options?: UploadWatchOptions): () => void;
  /** Lets the next upload through that would be answered locally. */
  probeUploads(): void;
  /** Forwards to the page's `fetch`; can be watched instead of it. */
  readonly requests: { fetch: typeof fetch };
  /** Records that a device was logged out. With an id missing, the most recent device that matches the other. */
  loggedOut(userId: string | undefined, deviceId: string | undefined): void;
  /** Evidence that is stored beyond the end of the page. */
  readonly keeping: {
    /** Turns storing on or off; turning it off removes what was stored. */
    turn(on: boolean): void;
    /** Removes what was stored; returns whether that worked. */
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
  /** Asks the other tabs, then repairs the keys if a repair can help. Never rejects. */
  repairOneTimeKeys(mx: MatrixClientLike | null | undefined): Promise<RepairStatus>;
  /** The capture session: the user is about to reproduce a fault, and marks when it happens. */
  readonly captures: { start(): void; mark(kind: unknown): void; stop(): void };
}

/** The shortest time between two notifications of the listeners. */
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
  /** When aborted, every wrapped console and `fetch` is restored. */
  const end = new End();

  /** After a failure the module is never called again: its memory may be inconsistent. */
  const usable = (): Engine | undefined => (status.state() === 'failed' ? undefined : engine);

  const fail = (error: unknown): void => {
    if (status.state() === 'failed') return;
    status.set('failed', `diagnostics broke and were switched off: ${explain(error)}`);
    end.abort();
  };

  const handleEvidence = (): void => {
    // What a listener logs is recorded without another notification: that would loop for ever.
    if (!notifying) schedule();
  };

  /** Notifies the listeners later: never synchronously from the logging call, and not for every line of a storm. */
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
  /** Whether this is the only tab, according to the last roll call (made a moment ago). */
  const otherTabs = (): OtherTabs => {
    const { role, count } = tabs.summary();
    if (count !== 1 || role === 'follower') return 'unknown';
    return sawOthers ? 'alone-since-later' : 'alone';
  };

  const notify = (): void => {
    snapshot = undefined;
    const { role, count } = tabs.summary();
    sawOthers ||= role === 'follower' || (count ?? 0) > 1;
    // If the connection to a crypto store was lost, ask the browser about that store, even without any listener.
    guarded((e) => e.askAboutLostStore());
    guarded((e) => e.keep());
    notifying = true;
    try {
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch {
          // A listener's exception is the host's problem; the other listeners are still called.
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

  /** If the page refused the module, only installing or watching (`again`) retries; a report does not. */
  const ensureEngine = (again = false): void => {
    if (engine || status.state() === 'failed' || (status.state() === 'unavailable' && !again)) return;
    try {
      const handleFailure = (error: unknown) => {
        // A stack overflow (`RangeError`) is the page's fault and does not break the module.
        if (!(error instanceof RangeError)) fail(error);
      };
      engine = createEngine(handleEvidence, handleFailure, fail, end);
      // Instantiate the module while the page is idle, so that the first evidence does not have to wait for it.
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

  /**
   * Views render while the app starts, and must not instantiate the module. Before it is instantiated, nothing was
   * seen.
   */
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
    // After a failure, `known` is shared by all readers, but the caller may modify what it gets: copy it.
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
