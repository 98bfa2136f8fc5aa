// The text for a day on the card.
import { afterEach, expect, test, vi } from 'vitest';

import { localDay } from '../../pkg-glue/src/react/time';

afterEach(() => {
  vi.useRealTimers();
});

test('localDay returns a time for today, “yesterday”, a weekday within a week, and a date before', () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 30, 0, 30) });
  const words = (day: number, hour: number) => localDay(new Date(2026, 10, day, hour));
  expect(words(30, 0)).toMatch(/\d:00/);
  const yesterday = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(-1, 'day');
  const weekday = (day: number) => new Date(2026, 10, day).toLocaleDateString(undefined, { weekday: 'long' });
  expect([words(29, 23), words(29, 0)]).toEqual([yesterday, yesterday]);
  expect([words(28, 23), words(24, 0)]).toEqual([weekday(28), weekday(24)]);
  expect(words(23, 23)).toMatch(/2026/);
  // The clock was set back.
  expect(localDay(new Date(2026, 11, 24))).toMatch(/2026/);
});
