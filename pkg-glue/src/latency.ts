// The browser's own timings of requests: nothing is wrapped for it. What they come to is kept in the wasm (see
// `crate/core/src/latency.rs`).

import type { RequestTimings } from '../wasm/capture/lotus_crypto_diag.js';
import type { Start } from './capture-status';
import { now } from './clock';
import { once } from './end';
import type { Use } from './guarded-engine';

export interface LatencyWatch {
  /** Takes the timings from now on, and those that the browser still has. Returns the undo. Never throws. */
  watch(): () => void;
  /** What waits is handed to the module. */
  flush(): void;
}

type Call = (timings: RequestTimings) => void;

/** So many wait for the module; it is instantiated for more. */
const MOST_HELD = 400;

/** `use` instantiates the module, and gives nothing where it cannot be called; `isAwake`: whether it is instantiated. */
export function createLatency(start: Start, use: Use<RequestTimings>, isAwake: () => boolean): LatencyWatch {
  let observer: PerformanceObserver | undefined;
  let watches = 0;
  let isBegun = false;
  let held: Call[] = [];

  const flush = () => {
    if (held.length === 0) return;
    const calls = held;
    held = [];
    const isDone = use((timings) => {
      for (const call of calls) call(timings);
      return true;
    });
    // Where the page refuses the module now, it may not later.
    if (!isDone) held = calls.slice(0, MOST_HELD);
  };
  const tell = (call: Call) => {
    held.push(call);
    if (held.length > MOST_HELD || isAwake()) flush();
  };

  const handleEntries = (list: PerformanceObserverEntryList) => {
    try {
      for (const entry of list.getEntries()) {
        const { name, startTime, responseStatus } = entry as PerformanceResourceTiming;
        if (typeof name !== 'string' || !name.includes('/_matrix/')) continue;
        // By the clock of the day, which may have been set since the page was loaded.
        const ms = now() - performance.now() + startTime;
        const duration = Number(entry.duration);
        const status = Number.isInteger(responseStatus) ? responseStatus : undefined;
        tell((timings) => timings.take(name, ms, duration, status));
      }
    } catch {
      // A clock of the page that throws: these requests are missing.
      const ms = now();
      tell((timings) => timings.miss(ms));
    }
  };

  const observe = () => {
    if (!PerformanceObserver.supportedEntryTypes?.includes('resource')) throw new Error('this browser gives none');
    const made = new PerformanceObserver(handleEntries);
    // What the browser still has is taken once: watched again, it would give the same requests again.
    made.observe({ type: 'resource', buffered: !isBegun });
    observer = made;
    isBegun = true;
    const ms = now();
    tell((timings) => timings.begin(ms));
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
        tell((timings) => timings.end());
      });
    },
    flush,
  };
}
