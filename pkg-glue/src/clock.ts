// The clock as it was when the package was loaded: a host, or a test of it, may put another in its place. One that throws
// costs neither the start nor a report.

const TheDate = Date;
const { now: read, parse } = Date;
const { toISOString } = Date.prototype;
const { apply } = Reflect;

/** As in a report: ISO 8601 in UTC, with milliseconds. */
export function isoOf(ms: number): string {
  try {
    return apply(toISOString, new TheDate(ms), []);
  } catch {
    return '1970-01-01T00:00:00.000Z';
  }
}

/** Of such a text, as a number. */
export const msOf = (iso: string): number => parse(iso);

export function now(): number {
  try {
    return read();
  } catch {
    return 0;
  }
}

export const isoNow = (): string => isoOf(now());

/** For spans of time: milliseconds, whatever happens to the clock of the day. */
export function steady(): number {
  try {
    return performance.now();
  } catch {
    return now();
  }
}
