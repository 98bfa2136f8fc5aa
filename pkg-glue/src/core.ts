// The state of the library in this page. There is one, even where two copies of the package were bundled: the copy that
// is used first makes it, the others find it.

import { createEngine, type Engine } from './engine';
import type { CaptureStatus, Evidences, HostFacts, Report } from './generated/model';

/** What a view needs. The same object for as long as nothing changed. */
export interface CryptoDiagSnapshot extends Evidences {
  readonly status: CaptureStatus;
}

export interface Core {
  install(): () => void;
  evidence(): Evidences;
  status(): CaptureStatus;
  report(facts: HostFacts): Report;
  subscribe(listener: () => void): () => void;
  snapshot(): CryptoDiagSnapshot;
}

/** The shortest time between two calls of the listeners for new evidence. */
const INTERVAL_MS = 250;

// The number changes when a copy of the package could not use the core of another.
const KEY = Symbol.for('lotus-crypto-diag/core/1');

export function core(): Core {
  const page = globalThis as { [KEY]?: Core };
  const shared = page[KEY] ?? own;
  if (shared) return shared;
  own = createCore();
  try {
    Object.defineProperty(page, KEY, { value: own, configurable: true });
  } catch {
    // A frozen global: another copy will have a state of its own.
  }
  return own;
}

let own: Core | undefined;

const noEvidence = (): Evidences => ({ counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 }, entries: [] });

const words = (error: unknown): string => {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be read';
  }
};

function createCore(): Core {
  let engine: Engine | undefined;
  let status: CaptureStatus = { state: 'idle', reason: null, version: __VERSION__ };
  let known = noEvidence();
  let snapshot: CryptoDiagSnapshot | undefined;
  let installs = 0;
  const listeners = new Set<() => void>();
  let notifying = false;
  let scheduled = false;
  let lastNotified = Number.NEGATIVE_INFINITY;

  /** Once broken, the wasm is not called again: its memory may be half written. */
  const usable = (): Engine | undefined => (status.state === 'failed' ? undefined : engine);

  const setStatus = (state: CaptureStatus['state'], reason: string | null): void => {
    if (status.state === state && status.reason === reason) return;
    status = { ...status, state, reason };
    schedule();
  };

  const fail = (error: unknown): void => {
    if (status.state === 'failed') return;
    const broken = engine;
    setStatus('failed', `diagnostics broke and were switched off: ${words(error)}`);
    // Not from inside the call that broke.
    queueMicrotask(() => {
      try {
        broken?.stop();
      } catch {
        // What is left of it passes every line through.
      }
    });
  };

  const handleEvidence = (): void => {
    // What a listener logs is kept, but tells nobody: it would call itself for ever.
    if (!notifying) schedule();
  };

  /** Listeners are told soon, never from inside the line that was logged, and not for every line of a storm. */
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    const rest = Math.max(0, Math.min(INTERVAL_MS, lastNotified + INTERVAL_MS - Date.now()));
    setTimeout(() => {
      scheduled = false;
      lastNotified = Date.now();
      notify();
    }, rest);
  };

  const notify = (): void => {
    snapshot = undefined;
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

  const ensureEngine = (): void => {
    if (engine || status.state === 'failed') return;
    try {
      engine = createEngine(handleEvidence, (error) => {
        // An exhausted stack is the page's; it does not break the module for good.
        if (!(error instanceof RangeError)) fail(error);
      });
    } catch (error) {
      setStatus('unavailable', `this page cannot run the diagnostics: ${words(error)}`);
    }
  };

  const evidence = (): Evidences => {
    known = guarded((e) => e.evidence()) ?? known;
    return known;
  };

  return {
    install() {
      installs += 1;
      if (installs === 1) {
        ensureEngine();
        const complete = guarded((e) => e.start());
        if (complete !== undefined) {
          setStatus(complete ? 'running' : 'degraded', complete ? null : 'the console of this page cannot be wrapped');
        }
      }
      let undone = false;
      return () => {
        if (undone) return;
        undone = true;
        installs -= 1;
        if (installs > 0) return;
        guarded((e) => e.stop());
        if (status.state === 'running' || status.state === 'degraded') setStatus('idle', null);
      };
    },
    evidence,
    status: () => status,
    report(facts) {
      ensureEngine();
      return (
        guarded((e) => e.report(facts)) ?? {
          schema: 'lotus-crypto-diag/1',
          generatedAt: new Date().toISOString(),
          capturingSince: null,
          // The redaction is a part of what does not run: free words of the host may hold a secret.
          ...facts.client,
          sdkVersion: null,
          ...known,
          status,
          environment: { ...facts.environment, app: null },
          notes: [
            'the diagnostics do not run (see status): notes of the host are left out, and entries may be missing',
          ],
        }
      );
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    snapshot() {
      snapshot ??= { status, ...evidence() };
      return snapshot;
    },
  };
}
