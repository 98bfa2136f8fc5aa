// Uses `Date` as it was when the package was loaded: the host or its tests may replace it later. If the clock throws,
// starting and reporting still work.

const TheDate = Date;
const { now: read, parse } = Date;
const { toISOString } = Date.prototype;
const { apply } = Reflect;

/** The format of times in reports: ISO 8601 in UTC, with milliseconds. */
export function isoOf(ms: number): string {
  try {
    return apply(toISOString, new TheDate(ms), []);
  } catch {
    return '1970-01-01T00:00:00.000Z';
  }
}

/** The inverse of `isoOf`. */
export const msOf = (iso: string): number => parse(iso);

export function now(): number {
  try {
    return read();
  } catch {
    return 0;
  }
}

export const isoNow = (): string => isoOf(now());

/** Milliseconds for measuring durations: changes to the system clock do not affect it. */
export function monotonicNow(): number {
  try {
    return performance.now();
  } catch {
    return now();
  }
}
