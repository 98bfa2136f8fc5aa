// Request durations from the browser's resource timing; nothing is wrapped. The module aggregates them (see
// `crate/core/src/latency.rs`).

import type { RequestTimings } from '../wasm/capture/lotus_crypto_diag.js';
import type { Start } from './capture-status';
import { now } from './clock';
import { once } from './end';
import type { Use } from './guarded-engine';

export interface LatencyWatch {
  /** Takes the timings from now on and those that the browser has buffered. Returns the undo. Never throws. */
  watch(): () => void;
  /** Passes the queued timings to the module. */
  flush(): void;
}

type Call = (timings: RequestTimings) => void;

/** How many timings are queued before the module is instantiated for them. */
const MAX_QUEUED = 400;

/** `use` instantiates the module and returns `undefined` if it does not run; `isAwake`: whether it is instantiated. */
export function createLatency(start: Start, use: Use<RequestTimings>, isAwake: () => boolean): LatencyWatch {
  let observer: PerformanceObserver | undefined;
  let watches = 0;
  let hasStarted = false;
  let queued: Call[] = [];

  const flush = () => {
    if (queued.length === 0) return;
    const calls = queued;
    queued = [];
    const isDone = use((timings) => {
      for (const call of calls) call(timings);
      return true;
    });
    // The module may become available later.
    if (!isDone) queued = calls.slice(0, MAX_QUEUED);
  };
  const enqueue = (call: Call) => {
    queued.push(call);
    if (queued.length > MAX_QUEUED || isAwake()) flush();
  };

  const handleEntries = (list: PerformanceObserverEntryList) => {
    try {
      for (const entry of list.getEntries()) {
        const { name, startTime, responseStatus } = entry as PerformanceResourceTiming;
        if (typeof name !== 'string' || !name.includes('/_matrix/')) continue;
        // Computed now, because the system clock may have been changed since the page was loaded.
        const ms = now() - performance.now() + startTime;
        const duration = Number(entry.duration);
        const status = Number.isInteger(responseStatus) ? responseStatus : undefined;
        enqueue((timings) => timings.take(name, ms, duration, status));
      }
    } catch {
      // The page's clock throws: record that these requests are missing.
      const ms = now();
      enqueue((timings) => timings.miss(ms));
    }
  };

  const observe = () => {
    if (!PerformanceObserver.supportedEntryTypes?.includes('resource')) throw new Error('this browser gives none');
    const newObserver = new PerformanceObserver(handleEntries);
    // Take the browser's buffer only once: a second observer would get the same requests again.
    newObserver.observe({ type: 'resource', buffered: !hasStarted });
    observer = newObserver;
    hasStarted = true;
    const ms = now();
    enqueue((timings) => timings.begin(ms));
  };

  return {
    watch() {
      watches += 1;
      if (!observer) start('the timings of requests', observe);
      return once(() => {
        watches -= 1;
        if (watches > 0 || !observer) return;
        observer.disconnect();
        observer = undefined;
        enqueue((timings) => timings.end());
      });
    },
    flush,
  };
}
