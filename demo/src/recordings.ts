// Recorded sessions of real clients, replayed through this page's console.

/** A recorded value: strings as they are, everything else under `$t`. */
type Recorded =
  | string
  | number
  | boolean
  | null
  | Recorded[]
  | { $t: 'undefined' }
  | { $t: 'object'; props?: Record<string, Recorded> }
  | { $t: 'Error'; name: string; message: string; stack?: string; props?: Record<string, Recorded> };

type Line = { t_ms: number; level: 'warn' | 'error'; args: Recorded[] };

export type Recording = { name: string; about: string; load(): Promise<string> };

const ABOUT: Record<string, string> = {
  healthy: 'An ordinary day: no fault, a handful of harmless warnings.',
  'healthy-lostresponse': 'The answer to an upload is lost; the client repeats it, and all is well.',
  'healthy-newdevice': 'A new device meets history without keys: ordinary failures to decrypt.',
  'ke1-evict-crypto': 'The browser evicted the crypto store, the session stayed: uploads are refused for ever.',
  'ke1-evict-all': 'All of IndexedDB was evicted, the session stayed.',
  'ke1-evict-live': 'The crypto store vanishes while the page runs.',
  'ke1-restore': 'An older copy of the crypto store was put back.',
  'ke1-multitab': 'One, two, then four tabs on one crypto store.',
  'ke1-freshrace': 'Two tabs at the first login.',
  'ke1-heal': 'The dead keys are claimed away one after the other, until uploads are accepted again.',
  'ke1-consequence': 'What others see: they cannot reach this device any more.',
  'ke2-todevice': 'Media keys that arrive, and to-device events that cannot be opened.',
  'ke2-oldidentity': 'A media key that was sent to the identity of before the eviction.',
  'ke2-livekit-worker': 'LiveKit misses media keys of a participant.',
  'ke3-malformed': 'Events that nobody can decrypt, because they are malformed.',
  'ke4-delayed': 'A slow and failing homeserver: the call membership times out.',
  'ec-iframe': 'A call in Element Call, as its frame and the app around it logged it.',
};

const files = import.meta.glob<string>('../../tests/fixtures/recorded/[!u]*.jsonl', {
  query: '?raw',
  import: 'default',
});

export const RECORDINGS: Recording[] = Object.entries(files).map(([path, load]) => {
  const name = path.replace(/^.*\//, '').replace(/-(lk)?\d+\.\d+\.\d+\.jsonl$/, '');
  return { name, about: ABOUT[name] ?? '', load };
});

function revive(value: Recorded): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  if (!('$t' in value)) return value;
  if (value.$t === 'undefined') return undefined;
  const props = Object.fromEntries(Object.entries(value.props ?? {}).map(([key, prop]) => [key, revive(prop)]));
  if (value.$t === 'object') return props;
  const error = new Error(value.message);
  Object.assign(error, { ...props, name: value.name, message: value.message });
  if (value.stack) error.stack = value.stack;
  return error;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const handleAbort = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', handleAbort, { once: true });
  });

/** The device that signed a key. */
const SIGNER = /ed25519:[A-Z]{10}\b/g;

/**
 * Replaces the recorded device with this one, and the recorded times with the present.
 *
 * @param speed 1 is real time; `Infinity` logs all lines at once
 * @param onProgress called with the number of lines logged so far and in total
 */
export async function replay(
  recording: Recording,
  deviceId: string,
  speed: number,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  const lines = (await recording.load())
    .replaceAll(SIGNER, `ed25519:${deviceId}`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  let clock = lines[0]?.t_ms ?? 0;
  for (const [index, line] of lines.entries()) {
    onProgress(index, lines.length);
    const wait = (line.t_ms - clock) / speed;
    clock = line.t_ms;
    if (wait > 0) await pause(wait, signal);
    if (signal.aborted) return;
    console[line.level](...line.args.map(revive));
  }
  onProgress(lines.length, lines.length);
}
