import { Text } from 'folds';
import type { SurveyHour } from 'lotus-crypto-diag/server-evidence';

import { countOf } from './SurveyCard';
import { clock, day } from './words';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Three days of hourly bars fit on a page; for more, several hours share a bar. */
const MAX_BARS = 72;
const HEIGHT = 80;

type Bar = { at: number; refused: number; failed: number; delayed: number };

/** When the trouble happened: one bar per hour, by kind. */
export function SurveyHours({ hours }: { hours: SurveyHour[] }) {
  const { bars, hoursEach } = barsOf(hours);
  const most = Math.max(1, ...bars.map(sumOf));
  const total = bars.reduce((sum, bar) => sum + sumOf(bar), 0);
  if (total === 0) return null;
  const first = bars[0]?.at ?? 0;
  const last = (bars.at(-1)?.at ?? 0) + hoursEach * HOUR_MS;
  const worst = bars.reduce((a, b) => (sumOf(b) > sumOf(a) ? b : a));
  const label = `${countOf(total, 'request')} in trouble, most at ${day(worst.at)} ${clock(worst.at)} UTC: ${sumOf(worst)}.`;
  return (
    <figure className="hours">
      <Text as="figcaption" size="L400">
        Trouble by the hour, at most {most.toLocaleString('en')} in {hoursEach === 1 ? 'one' : `${hoursEach} hours`}
      </Text>
      <svg viewBox={`0 0 ${bars.length * 10} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {bars.map((bar, nth) => (
          <g key={bar.at}>
            {stackOf(bar, most).map(({ kind, y, height }) => (
              <rect key={kind} className={kind} x={nth * 10 + 1} y={y} width={8} height={height} />
            ))}
          </g>
        ))}
      </svg>
      <div className="hours-ends">
        <span>
          {day(first)} {clock(first).slice(0, 5)}
        </span>
        <span>
          {day(last)} {clock(last).slice(0, 5)} UTC
        </span>
      </div>
      <ul className="hours-legend">
        <li className="refused">uploads refused</li>
        <li className="failed">uploads failed</li>
        <li className="delayed">delayed events</li>
      </ul>
    </figure>
  );
}

const sumOf = ({ refused, failed, delayed }: Bar) => refused + failed + delayed;

function barsOf(hours: SurveyHour[]): { bars: Bar[]; hoursEach: number } {
  const times = hours.map(({ ts }) => Date.parse(ts));
  const last = times.at(-1) ?? 0;
  // At least one day.
  const first = Math.min(times[0] ?? 0, last - (last % DAY_MS));
  const span = Math.max((last - first) / HOUR_MS + 1, 24);
  const hoursEach = Math.max(1, Math.ceil(span / MAX_BARS));
  const bars: Bar[] = Array.from({ length: Math.ceil(span / hoursEach) }, (_, nth) => ({
    at: first + nth * hoursEach * HOUR_MS,
    refused: 0,
    failed: 0,
    delayed: 0,
  }));
  for (const [nth, { refused, failed, delayed }] of hours.entries()) {
    const bar = bars[Math.floor(((times[nth] ?? first) - first) / HOUR_MS / hoursEach)];
    if (!bar) continue;
    bar.refused += refused;
    bar.failed += failed;
    bar.delayed += delayed;
  }
  return { bars, hoursEach };
}

function stackOf(bar: Bar, most: number) {
  let top = HEIGHT;
  return (['refused', 'failed', 'delayed'] as const)
    .filter((kind) => bar[kind] > 0)
    .map((kind) => {
      const height = Math.max(1, (bar[kind] / most) * HEIGHT);
      top -= height;
      return { kind, y: top, height };
    });
}
