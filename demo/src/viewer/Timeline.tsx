import { Box, Button, color, Text } from 'folds';
import { type KeyboardEvent, useState } from 'react';

import { Card } from '../Card';
import { EpisodeDetails, EpisodeTable } from './EpisodeDetails';
import { type Episode, episodesOf, type Lane, type Moment, type Range } from './episodes';
import { Grid, LoadLane, LoadList, percent } from './LoadLane';
import type { PageLoad } from './loads';
import { type Scale, scaleOf } from './scale';
import { clock, day, duration, FAULT_WORDS, FAULTS, moment } from './words';

/** Episodes closer together than this share of the range would overlap. */
const MERGE_SHARE = 0.012;
const MERGE_MS = 2000;

type TimelineProps = {
  lanes: Lane[];
  moments: Moment[];
  loads: PageLoad[];
  range: Range | null;
  isZoomed: boolean;
  onZoom: (range: Range | null) => void;
};
/** Which device had which fault, when and for how long; times in UTC. */
export function Timeline({ lanes, moments, loads, range, isZoomed, onZoom }: TimelineProps) {
  const [pickedKey, setPickedKey] = useState('');
  if (!range) {
    return (
      <Card title="Time line" about="Who had which fault, when, and for how long.">
        <Text size="T300">The reports contain no signs of faults.</Text>
      </Card>
    );
  }
  const scale = scaleOf(range, loads.length > 0 ? [...loads, ...lanes.flatMap(({ placed }) => placed)] : []);
  const gap = Math.max(MERGE_MS, scale.shownMs * MERGE_SHARE);
  const rows = lanes.map((lane) => ({ lane, episodes: episodesOf(lane, gap) }));
  const picked = rows.flatMap(({ episodes }) => episodes).find(({ key }) => key === pickedKey);
  const inRange = ({ from, to }: Range) => to >= range.from && from <= range.to;
  const shownMoments = moments.filter(({ at }) => inRange({ from: at, to: at }));
  return (
    <Card
      title="Time line"
      about={`Who had which fault, when, and for how long. ${moment(range.from)} to ${moment(range.to)} UTC.`}
    >
      <Box direction="Column" gap="100" data-testid="timeline" style={{ minWidth: 0 }}>
        <Axis scale={scale} />
        {loads.length > 0 && <LoadLane loads={loads.filter(inRange)} scale={scale} />}
        {shownMoments.length > 0 && <MomentLane moments={shownMoments} scale={scale} />}
        {rows.map(({ lane, episodes }) => (
          <LaneRow
            key={lane.key}
            lane={lane}
            episodes={episodes.filter(inRange)}
            scale={scale}
            pickedKey={pickedKey}
            onPick={setPickedKey}
          />
        ))}
      </Box>
      <Legend loads={loads} />
      {loads.length > 0 && <LoadList loads={loads} />}
      {(picked || isZoomed) && (
        <Box alignItems="Center" gap="200" wrap="Wrap">
          {picked && (
            <Button type="button" size="300" variant="Secondary" radii="300" onClick={() => onZoom(picked)}>
              <Text as="span" size="B300">
                Zoom in
              </Text>
            </Button>
          )}
          {isZoomed && (
            <Button type="button" size="300" variant="Secondary" radii="300" onClick={() => onZoom(null)}>
              <Text as="span" size="B300">
                Show all
              </Text>
            </Button>
          )}
        </Box>
      )}
      {picked && <EpisodeDetails episode={picked} />}
      <EpisodeTable lanes={lanes} moments={moments} loads={loads} />
    </Card>
  );
}

function Axis({ scale: { range, place, labelled, breaks } }: { scale: Scale }) {
  const isLong = range.to - range.from > 36 * 3_600_000;
  return (
    <div className="lane" aria-hidden>
      <span />
      <div className="track axis">
        {labelled.map((at) => (
          <span key={at} className={place(at) < 0.02 ? 'tick first' : 'tick'} style={{ left: percent(place(at)) }}>
            {isLong && <>{day(at).slice(5)} </>}
            {(!isLong || breaks.length > 0) && clock(at).slice(0, isLong ? 5 : 8)}
          </span>
        ))}
      </div>
    </div>
  );
}

type LaneRowProps = {
  lane: Lane;
  episodes: Episode[];
  scale: Scale;
  pickedKey: string;
  onPick: (key: string) => void;
};
function LaneRow({ lane, episodes, scale, pickedKey, onPick }: LaneRowProps) {
  const reachable = episodes.find(({ key }) => key === pickedKey) ?? episodes[0];
  // One tab stop per lane; the arrow keys move between its episodes.
  const handleKey = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...event.currentTarget.querySelectorAll('button')];
    const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step];
    next?.focus();
    next?.click();
  };
  const label = `${lane.fault}, ${FAULT_WORDS[lane.fault]}: ${lane.owner.label}`;
  return (
    <div className="lane">
      <Text as="span" size="T200" className="lane-label" title={label}>
        <b>{lane.fault}</b> {lane.owner.label}
      </Text>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form. */}
      <div
        className="track"
        role="group"
        aria-label={label}
        onKeyDown={handleKey}
        style={{ backgroundColor: color.Surface.Container, color: color.Surface.OnContainer }}
      >
        <Grid scale={scale} />
        {episodes.map((episode) => (
          <EpisodeBar
            key={episode.key}
            episode={episode}
            place={scale.place}
            isPicked={episode.key === pickedKey}
            isReachable={episode === reachable}
            onPick={onPick}
          />
        ))}
      </div>
    </div>
  );
}

type EpisodeBarProps = {
  episode: Episode;
  place: Scale['place'];
  isPicked: boolean;
  isReachable: boolean;
  onPick: (key: string) => void;
};
function EpisodeBar({ episode, place, isPicked, isReachable, onPick }: EpisodeBarProps) {
  const { key, fault, owner, from, to, lines, isDense, isOrdinary } = episode;
  const start = place(from);
  const words = `${fault}, ${owner.label}, ${moment(from)} UTC, for ${duration(to - from)}, ${lines} ${lines === 1 ? 'line' : 'lines'}`;
  const classes = ['episode', fault];
  if (!isDense && to > from) classes.push('sparse');
  if (isOrdinary) classes.push('ordinary');
  return (
    <button
      type="button"
      className={classes.join(' ')}
      aria-pressed={isPicked}
      aria-label={isOrdinary ? `${words}, no fault by itself` : words}
      title={words}
      tabIndex={isReachable ? 0 : -1}
      style={{
        left: `min(${percent(start)}, calc(100% - 8px))`,
        width: percent(place(to) - Math.max(start, 0)),
      }}
      onClick={() => onPick(isPicked ? '' : key)}
    />
  );
}

function MomentLane({ moments, scale }: { moments: Moment[]; scale: Scale }) {
  return (
    <div className="lane">
      <Text as="span" size="T200" className="lane-label">
        Noticed
      </Text>
      <div className="track" style={{ backgroundColor: color.Surface.Container, color: color.Surface.OnContainer }}>
        <Grid scale={scale} />
        {moments.map(({ key, at, label, owner }) => (
          <span
            key={key}
            className="moment"
            role="img"
            aria-label={`${label}, ${owner.label}, ${moment(at)} UTC`}
            title={`${label}, ${owner.label}, ${moment(at)} UTC`}
            style={{ left: percent(scale.place(at)) }}
          />
        ))}
      </div>
    </div>
  );
}

function Legend({ loads }: { loads: PageLoad[] }) {
  return (
    <Box gap="400" wrap="Wrap">
      {FAULTS.map((fault) => (
        <Box key={fault} alignItems="Center" gap="100">
          <span className={`swatch ${fault}`} />
          <Text as="span" size="T200">
            {fault}: {FAULT_WORDS[fault]}
          </Text>
        </Box>
      ))}
      <Text as="span" size="T200">
        Thick bar: many lines in a short time. Thin bar: few lines. Hollow bar: no fault by itself.
        {loads.length > 0 && ' Hatched: no page was open; drawn narrow.'}
      </Text>
    </Box>
  );
}
