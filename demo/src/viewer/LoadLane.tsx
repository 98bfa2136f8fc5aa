import { color, Text } from 'folds';

import { loadWords, type PageLoad } from './loads';
import type { Scale } from './scale';
import { duration, END_WORDS, moment } from './words';

export const percent = (share: number) => `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(3)}%`;

/** Lines for the ticks, and for the breaks between page loads. */
export function Grid({ scale: { ticks, breaks, place } }: { scale: Scale }) {
  return (
    <>
      {ticks.map((at) => (
        <span key={at} className="grid-line" style={{ left: percent(place(at)) }} />
      ))}
      {breaks.map(({ from, to, start, end }) => (
        <span
          key={from}
          className="break"
          title={`${duration(to - from)} in which no page was open`}
          style={{ left: percent(start), width: percent(end - start) }}
        />
      ))}
    </>
  );
}

type LoadLaneProps = { loads: PageLoad[]; scale: Scale };
/** When each page ran, and how it ended. */
export function LoadLane({ loads, scale }: LoadLaneProps) {
  const { place } = scale;
  return (
    <div className="lane" data-testid="page-loads">
      <Text as="span" size="T200" className="lane-label">
        Page loads
      </Text>
      <div className="track" style={{ backgroundColor: color.Surface.Container, color: color.Surface.OnContainer }}>
        <Grid scale={scale} />
        {loads.map((load) => (
          <span
            key={load.key}
            className={load.end ? `page-load ${load.end}` : 'page-load wrote'}
            role="img"
            aria-label={loadWords(load)}
            title={loadWords(load)}
            style={{
              left: `min(${percent(place(load.from))}, calc(100% - 4px))`,
              width: percent(place(load.to) - Math.max(place(load.from), 0)),
            }}
          />
        ))}
      </div>
    </div>
  );
}

/** A longer list would not be read; the table has all loads. */
const MAX_LISTED = 6;

/** The latest loads as text: start, duration, and how each ended. */
export function LoadList({ loads }: { loads: PageLoad[] }) {
  const latest = loads.slice(-MAX_LISTED);
  const before = loads.length - latest.length;
  return (
    <Text as="p" size="T200" style={{ margin: 0, overflowWrap: 'anywhere' }} data-testid="load-list">
      <b>Page loads:</b> {before > 0 && `${before} before; `}
      {latest
        .map(
          ({ from, to, end }) =>
            `${moment(from)}, for ${duration(to - from)}, ${end ? END_WORDS[end] : 'wrote the report'}`,
        )
        .join('; ')}
      .
    </Text>
  );
}
