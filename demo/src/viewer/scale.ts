// Maps times to places on the time line. Hours may pass between two page loads: such a break is drawn narrow, so that
// there is room for what was seen before and after it.
import { type Range, ticksOf } from './episodes';

/** A stretch of time, with its start and end as shares of the width. */
type Stretch = Range & { start: number; end: number };

export type Scale = {
  range: Range;
  /** From 0 to 1. */
  place(at: number): number;
  /** Round times, and the starts of the shown stretches. `labelled`: the ticks that have room for a label. */
  ticks: number[];
  labelled: number[];
  breaks: Stretch[];
  /** The total length of the range without the breaks, in milliseconds. */
  shownMs: number;
};

/** The share of the width that a break takes. */
const BREAK_SHARE = 0.03;
/** A gap shorter than this share of the shown time gets no break. */
const MIN_GAP_SHARE = 0.15;
const MAX_BREAKS = 12;
const MAX_TICKS = 6;
/** The share of the width that a date and time take on a small screen. */
const LABEL_SHARE = 0.21;

/** @param shown stretches of time in which a page ran or a line was seen; if empty, no time is left out */
export function scaleOf(range: Range, shown: Range[]): Scale {
  let shownMs = range.to - range.from;
  const gaps: Range[] = [];
  // Longest gap first: a minute is nothing beside a night, but may be much of what remains when the night is cut out.
  for (const gap of gapsOf(range, shown)
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, MAX_BREAKS)) {
    const length = gap.to - gap.from;
    if (length < (shownMs - length) * MIN_GAP_SHARE) break;
    gaps.push(gap);
    shownMs -= length;
  }
  gaps.sort((a, b) => a.from - b.from);
  const perMs = (1 - gaps.length * BREAK_SHARE) / shownMs;
  const breaks: Stretch[] = [];
  let [at, start] = [range.from, 0];
  for (const gap of gaps) {
    start += (gap.from - at) * perMs;
    breaks.push({ ...gap, start, end: start + BREAK_SHARE });
    [at, start] = [gap.to, start + BREAK_SHARE];
  }
  const place = (moment: number) => {
    const before = breaks.filter(({ from }) => from <= moment).at(-1);
    if (!before) return (moment - range.from) * perMs;
    if (moment >= before.to) return before.end + (moment - before.to) * perMs;
    return before.start + ((moment - before.from) / (before.to - before.from)) * BREAK_SHARE;
  };
  const starts = breaks.length > 0 ? [range.from, ...breaks.map(({ to }) => to)] : [];
  const ticks = [...starts, ...ticksIn(range, breaks, shownMs)];
  return { range, place, ticks, labelled: breaks.length > 0 ? spacedTicks(ticks, place) : ticks, breaks, shownMs };
}

function gapsOf(range: Range, shown: Range[]): Range[] {
  const gaps: Range[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...shown].sort((a, b) => a.from - b.from)) {
    if (from > end && end > range.from && from < range.to) gaps.push({ from: end, to: from });
    end = Math.max(end, to);
  }
  return gaps;
}

/** Each stretch has its own ticks, as many as fit. */
function ticksIn(range: Range, breaks: Stretch[], shownMs: number): number[] {
  const ends = [...breaks.map(({ from }) => from), range.to];
  return [range.from, ...breaks.map(({ to }) => to)].flatMap((from, index) => {
    const to = ends[index] ?? range.to;
    const maxTicks = Math.floor((MAX_TICKS * (to - from)) / shownMs);
    return maxTicks >= 1 ? ticksOf({ from, to }, maxTicks) : [];
  });
}

/** Keeps each tick that is far enough from those kept before it. */
function spacedTicks(ticks: number[], place: Scale['place']): number[] {
  const labelled: number[] = [];
  for (const tick of ticks) {
    if (labelled.every((other) => Math.abs(place(other) - place(tick)) >= LABEL_SHARE)) labelled.push(tick);
  }
  return labelled;
}
