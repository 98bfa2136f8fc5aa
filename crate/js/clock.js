// The clock as it was when the page was loaded: a host, or a test of it, may put another in its place.

const { now } = Date;

/** For spans of time: milliseconds, whatever happens to the clock of the day. */
export function steady() {
  try {
    return performance.now();
  } catch {
    return now();
  }
}

export { now };
