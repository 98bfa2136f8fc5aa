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

/** The words of the client-server API and of the proposals to it: whatever else stands in a path may be somebody's id. */
const WORDS = new Set(
  `_matrix 3pid account account_data actions add admin aliases all appservice auth_issuer auth_metadata available avatar_url
  ban bind cancel capabilities changes claim client content context createRoom deactivate dehydrated_device delayed_events
  delete delete_devices device device_signing devices directory displayname email enabled event events fallback federation
  filter forget get_token global hierarchy identity initialSync invite join joined_members joined_rooms key keys kick knock
  leave list location login logout members messages msisdn mutual_rooms notifications openid override password presence
  profile protocol protocols publicRooms pushers pushrules query read_markers receipt redact redirect refresh register
  relations rendezvous report requestToken request_token restart room room_keys room_summary rooms rtc search send
  sendToDevice sender set signatures sso state status submit_token summary tags thirdparty threads timestamp_to_event token
  transports turnServer typing unban unbind underride unstable upgrade upload user user_directory version versions voip web
  whoami whois`.split(/\s+/),
);
/** A version of the API; a type of the specification's or of a well-known client's namespace; the name of a proposal. */
const NAME =
  /^(?:[rv]\d+|(?:m|org\.matrix|io\.element|im\.vector|in\.cinny)(?:\.[a-z0-9_]+)+|(?:[a-z]+\.)+(?:[a-z]+_)?msc\d+(?:\.[a-z0-9_]+)*)$/;
/** What follows these is an id, even where it looks like a word. */
const BEFORE_ID = new Set(
  'rooms room join knock user profile presence devices delayed_events event context redact receipt typing tags override underride content sender redirect alias dehydrated_device'.split(
    ' ',
  ),
);
/** After the type that follows these: a transaction, a state key. */
const BEFORE_TYPE_AND_ID = new Set(['send', 'sendToDevice', 'state']);

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
    const isId = BEFORE_ID.has(parts[index - 1] ?? '') || BEFORE_TYPE_AND_ID.has(parts[index - 2] ?? '');
    return !isId && (WORDS.has(part) || NAME.test(part)) ? part : '{id}';
  });
  return `/${named.join('/')}`;
}
