import { Box, Text } from 'folds';

import { type Episode, episodesOf, type Lane, type Moment } from './episodes';
import type { PageLoad } from './loads';
import { TextBlock } from './TextBlock';
import { clock, duration, END_WORDS, FAULT_WORDS, moment, visible } from './words';

const SHOWN = 50;
const ONE_EPISODE_MS = 60_000;

export function EpisodeDetails({ episode }: { episode: Episode }) {
  const { fault, owner, from, to, lines, placed } = episode;
  const rate = lines > 2 && to - from >= 10_000 ? `, ${((lines / (to - from)) * 60_000).toFixed(1)} a minute` : '';
  return (
    <Box as="section" direction="Column" gap="200" data-testid="episode" style={{ minWidth: 0 }}>
      <Text as="h3" size="L400" style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {fault}, {FAULT_WORDS[fault]}: {owner.label}
      </Text>
      <Text as="p" size="T200" style={{ margin: 0 }}>
        {moment(from)} to {clock(to)} UTC ({duration(to - from)}), {lines} {lines === 1 ? 'line' : 'lines'}
        {rate}.
      </Text>
      <ul className="plain-list">
        {placed.slice(0, SHOWN).map(({ entry, reportId, place }) => (
          <li key={`${reportId} ${place}`} style={{ minWidth: 0 }}>
            <details>
              <summary>
                <Text as="span" size="T200">
                  {clock(Date.parse(entry.firstTs), true)} {entry.count > 1 && `×${entry.count}`} {entry.level},{' '}
                  {visible(entry.source)}: {visible(entry.message.slice(0, 160))}
                </Text>
              </summary>
              <TextBlock text={entry.message} label="Line" />
            </details>
          </li>
        ))}
      </ul>
      {placed.length > SHOWN && <Text size="T200">And {placed.length - SHOWN} more.</Text>}
    </Box>
  );
}

type EpisodeTableProps = { lanes: Lane[]; moments: Moment[]; loads: PageLoad[] };
/** The content of the time line as a table. */
export function EpisodeTable({ lanes, moments, loads }: EpisodeTableProps) {
  const episodes = lanes
    .flatMap((lane) => episodesOf(lane, ONE_EPISODE_MS))
    .filter(({ isOrdinary }) => !isOrdinary)
    .sort((a, b) => a.from - b.from);
  return (
    <details>
      <summary>
        <Text as="span" size="T300">
          As a table ({episodes.length + moments.length + loads.length})
        </Text>
      </summary>
      <section
        className="scrolls"
        aria-label="Time line as a table"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              {['What', 'Who', 'From (UTC)', 'Lasted'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
              <th scope="col" className="number">
                Lines
              </th>
            </tr>
          </thead>
          <tbody>
            {loads.map(({ key, owner, from, to, end }) => (
              <tr key={key}>
                <td>Page load, {end ? END_WORDS[end] : 'wrote the report'}</td>
                <td>{owner.label}</td>
                <td>{moment(from)}</td>
                <td>{duration(to - from)}</td>
                <td />
              </tr>
            ))}
            {moments.map(({ key, label, owner, at }) => (
              <tr key={key}>
                <td>{label}</td>
                <td>{owner.label}</td>
                <td>{moment(at)}</td>
                <td />
                <td />
              </tr>
            ))}
            {episodes.map(({ key, fault, owner, from, to, lines }) => (
              <tr key={key}>
                <td>
                  {fault}, {FAULT_WORDS[fault]}
                </td>
                <td>{owner.label}</td>
                <td>{moment(from)}</td>
                <td>{duration(to - from)}</td>
                <td className="number">{lines}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
