import type { CryptoDiagEntry, Fault, FindingId, MarkKind, PageEnd, Verdict } from 'lotus-crypto-diag';

export const FAULTS: Fault[] = ['KE-1', 'KE-2', 'KE-3', 'KE-4'];

export const FAULT_WORDS: Record<Fault, string> = {
  'KE-1': 'one-time keys refused',
  'KE-2': 'media keys of calls',
  'KE-3': 'messages not decrypted',
  'KE-4': 'call membership timeouts',
};

export const VERDICT_WORDS: Record<Verdict, string> = {
  confirmed: 'Confirmed',
  likely: 'Likely',
  possible: 'Possible',
  'ruled-out': 'Ruled out',
  unknown: 'Unknown',
  'not-applicable': 'Not applicable',
};

export const VERDICT_COLOURS: Record<Verdict, 'Critical' | 'Warning' | 'Primary' | 'Success' | 'Secondary'> = {
  confirmed: 'Critical',
  likely: 'Warning',
  possible: 'Primary',
  'ruled-out': 'Success',
  unknown: 'Secondary',
  'not-applicable': 'Secondary',
};

export const MARK_WORDS: Record<MarkKind, string> = {
  'sound-cut': 'Sound cut out',
  'picture-frozen': 'Picture froze',
  'cannot-read-message': 'Could not read a message',
  other: 'Something went wrong',
};

/** How a page load ended. */
export const END_WORDS: Record<PageEnd, string> = {
  closed: 'closed',
  reloaded: 'reloaded',
  crashed: 'crashed',
  discarded: 'discarded by the browser',
  replaced: 'replaced by another tab',
  open: 'open in another tab',
  unknown: 'end not known',
};

/** Lines kept as evidence that are no sign of a fault by themselves. */
const ORDINARY: CryptoDiagEntry['detail']['kind'][] = [
  'to-device-opened',
  'media-key-mention',
  'clue',
  'no-key-targets',
];

export const isOrdinary = ({ detail }: CryptoDiagEntry): boolean => ORDINARY.includes(detail.kind);

/** `divergence` → `Divergence`; `evicted-store` → `Evicted store`. */
export const sentence = (word: string): string =>
  `${word.charAt(0).toUpperCase()}${word.slice(1).replaceAll('-', ' ')}`;

export const anchorOf = (reportId: string, finding: FindingId): string => `${reportId}-${finding}`;

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** Time of day in UTC, as in the homeserver's log. */
export function clock(ms: number, withMs = false): string {
  const time = new Date(ms);
  if (Number.isNaN(ms)) return '?';
  const seconds = `${pad(time.getUTCHours())}:${pad(time.getUTCMinutes())}:${pad(time.getUTCSeconds())}`;
  return withMs ? `${seconds}.${pad(time.getUTCMilliseconds(), 3)}` : seconds;
}

export const day = (ms: number): string => (Number.isNaN(ms) ? '?' : new Date(ms).toISOString().slice(0, 10));

export const moment = (ms: number): string => `${day(ms)} ${clock(ms)}`;

export function duration(ms: number): string {
  if (ms < 1000) return ms <= 0 ? 'a moment' : `${Math.round(ms)} ms`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60 ? `${s % 60} s` : ''}`.trim();
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} days ${Math.round((s % 86_400) / 3600)} h`;
}

export const bytes = (n: number): string =>
  n < 1024 ? `${n} B` : n < 1024 ** 2 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1024 ** 2).toFixed(1)} MiB`;

/** Replaces invisible characters, and those that change the direction of the text, with a visible code. */
export function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match control characters.
    /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (sign) => {
      const code = sign.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u{${code.toString(16)}}`;
    },
  );
}
