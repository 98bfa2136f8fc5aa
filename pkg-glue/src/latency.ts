// How long the homeserver takes, from the browser's own timings of requests: nothing is wrapped for it.

import type { Start } from './capture-status';
import { isoNow, isoOf, msOf, now } from './clock';
import type { Latency, LatencySample } from './generated/model';

export interface LatencyWatch {
  /** Takes the timings from now on, and those that the browser still has. Returns the undo. Never throws. */
  watch(): () => void;
  /** `null` where nothing is timed. */
  status(): Latency | null;
}

/** So many of the latest are kept … */
const LATEST = 400;
/** … and of those before, so many of the slowest. */
const SLOWEST = 100;

export function createLatency(start: Start): LatencyWatch {
  let observer: PerformanceObserver | undefined;
  let watches = 0;
  let since: string | null = null;
  let seen = 0;
  const latest: LatencySample[] = [];
  const slowest: LatencySample[] = [];
  /** The time of the latest request that may be missing. */
  let dropped: string | null = null;

  const take = (sample: LatencySample) => {
    seen += 1;
    latest.push(sample);
    if (latest.length <= LATEST) return;
    const [oldest] = latest.splice(0, 1) as [LatencySample];
    slowest.push(oldest);
    if (slowest.length <= SLOWEST) return;
    slowest.sort((a, b) => b.durationMs - a.durationMs);
    const [quickest] = slowest.splice(-1) as [LatencySample];
    if (dropped === null || quickest.ts > dropped) dropped = quickest.ts;
  };

  const handleEntries = (list: PerformanceObserverEntryList) => {
    try {
      for (const entry of list.getEntries()) {
        const sample = sampleOf(entry as PerformanceResourceTiming);
        if (sample) take(sample);
      }
    } catch {
      // A clock of the page that throws: these requests are missing.
      dropped = isoNow();
    }
  };

  const observe = () => {
    if (!PerformanceObserver.supportedEntryTypes?.includes('resource')) throw new Error('this browser gives none');
    const made = new PerformanceObserver(handleEntries);
    // What the browser still has is taken once: watched again, it would give the same requests again.
    made.observe({ type: 'resource', buffered: since === null });
    observer = made;
    if (since !== null) dropped = isoNow();
    since ??= isoNow();
  };

  return {
    watch() {
      watches += 1;
      if (!observer) start('the timings of requests', observe);
      let undone = false;
      return () => {
        if (undone) return;
        undone = true;
        watches -= 1;
        if (watches > 0) return;
        observer?.disconnect();
        observer = undefined;
      };
    },
    status() {
      if (since === null) return null;
      const samples = [...slowest, ...latest].sort((a, b) => (a.ts < b.ts ? -1 : 1));
      const missing = observer ? dropped : isoNow();
      // Of two requests that began in one millisecond, one may be dropped and the other kept.
      const completeSince = missing === null ? since : isoOf(msOf(missing) + 1);
      return { since, seen, completeSince, samples };
    },
  };
}

function sampleOf({ name, startTime, duration, responseStatus }: PerformanceResourceTiming): LatencySample | undefined {
  const path = pathOf(name);
  if (path === undefined) return undefined;
  return {
    // By the clock of the day, which may have been set since the page was loaded.
    ts: isoOf(now() - performance.now() + startTime),
    path,
    durationMs: Math.round(duration),
    status: responseStatus ?? null,
  };
}

/** A word of the API, a version, or a namespaced name: `keys`, `sendToDevice`, `v3`, `m.room.encrypted`. */
const WORD = /^(?:[a-z_]+(?:[A-Z][a-z]+)*|[rv]\d+|[a-z]+(?:\.[a-z_][a-z0-9_]*)+)$/;
/** What follows these is an id, even where it looks like a word. */
const BEFORE_ID = new Set(
  'rooms room join knock user profile presence devices delayed_events event context redact receipt typing tags override underride content sender redirect alias dehydrated_device'.split(
    ' ',
  ),
);

/**
 * The path of a request to a homeserver from `/_matrix/` on, wherever that stands, every id replaced by `{id}`. Of a long
 * poll, a download, or anything else: `undefined`.
 */
export function pathOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const at = path.indexOf('/_matrix/');
  if (at < 0 || path.endsWith('/sync') || path.includes('/media/', at)) return undefined;
  const parts = path.slice(at + 1).split('/');
  const named = parts.map((part, index) => {
    if (part === '' || index === 0) return part;
    return WORD.test(part) && !BEFORE_ID.has(parts[index - 1] ?? '') ? part : '{id}';
  });
  return `/${named.join('/')}`;
}
