import type { FaultWindow } from 'lotus-crypto-diag';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

import { episodesOf, type Lane, padded, type Range } from './episodes';
import type { Series } from './protocol';
import { clock, day } from './words';

export const COLOURS = ['#3488cc', '#c07809', '#2c9a67', '#9b6bd6'];
const SHADE = 'rgba(199, 125, 10, 0.22)';
const HEIGHT = 280;
const ONE_EPISODE_MS = 60_000;

type LatencyPlotProps = {
  series: Series[];
  windows: FaultWindow[];
  lanes: Lane[];
  range: Range | null;
  isDark: boolean;
  onZoom: (range: Range | null) => void;
};
export function LatencyPlot({ series, windows, lanes, range, isDark, onZoom }: LatencyPlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const zoomRef = useRef(onZoom);
  zoomRef.current = onZoom;
  const currentRange = useRef(range);
  currentRange.current = range;

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const shades = shadesOf(windows, lanes);
    const observer = new ResizeObserver(() => {
      const chart = plot.current;
      const width = element.clientWidth;
      if (chart && chart.width !== width) chart.setSize({ width, height: HEIGHT });
    });
    // In a separate task: drawing the page and the plot in one task would block the page too long.
    const timer = setTimeout(() => {
      plot.current = new uPlot(optionsOf(series, shades, isDark, element, zoomRef), dataOf(series), element);
      show(plot.current, currentRange.current, shades);
      observer.observe(element);
    });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [series, windows, lanes, isDark]);

  useEffect(() => {
    if (plot.current) show(plot.current, range, shadesOf(windows, lanes));
  }, [range, windows, lanes]);

  const total = series.reduce((sum, { at }) => sum + at.length, 0);
  return (
    <div
      ref={holder}
      className="plot"
      data-testid="latency-plot"
      role="img"
      aria-label={`Plot of ${total} requests over time, by how long each took. The table below has the numbers.`}
    />
  );
}

/** The diagnosis's fault windows; without any, the KE-4 episodes of the time line. */
function shadesOf(windows: FaultWindow[], lanes: Lane[]): Range[] {
  if (windows.length > 0) return windows.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
  return lanes.filter(({ fault }) => fault === 'KE-4').flatMap((lane) => episodesOf(lane, ONE_EPISODE_MS));
}

/** Zooms to the range; without one, to everything. */
function show(chart: uPlot, range: Range | null, shades: Range[]): void {
  const span = range ?? spanOf(chart.data[0], shades);
  if (span) chart.setScale('x', { min: span.from / 1000, max: span.to / 1000 });
}

/** Covers all requests, and the fault windows without any. */
function spanOf(seconds: ArrayLike<number>, shades: Range[]): Range | null {
  const times = shades.flatMap(({ from, to }) => [from, to]);
  if (seconds.length > 0) times.push((seconds[0] ?? 0) * 1000, (seconds[seconds.length - 1] ?? 0) * 1000);
  return times.length > 0 ? padded({ from: Math.min(...times), to: Math.max(...times) }) : null;
}

/** Every series has its own times; they share one axis. */
function dataOf(series: Series[]): uPlot.AlignedData {
  const tables = series.map(({ at, durationMs }) => {
    // The axis accepts each time only once.
    const byTime = new Map<number, number>();
    for (const [index, ms] of at.entries()) {
      const seconds = ms / 1000;
      // A logarithmic scale has no zero.
      byTime.set(seconds, Math.max(byTime.get(seconds) ?? 0, durationMs[index] ?? 0, 1));
    }
    const sorted = [...byTime].sort(([a], [b]) => a - b);
    return [sorted.map(([time]) => time), sorted.map(([, value]) => value)] as [number[], number[]];
  });
  return uPlot.join(tables);
}

function optionsOf(
  series: Series[],
  shades: Range[],
  isDark: boolean,
  element: HTMLElement,
  zoomRef: { current: (range: Range | null) => void },
): uPlot.Options {
  const line = isDark ? '#f2f2f2' : '#1a1a1a';
  const grid = { stroke: isDark ? '#ffffff22' : '#00000018', width: 1 };
  const axis = { stroke: line, grid, ticks: grid };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { show: false } },
    scales: { x: { time: true }, y: { distr: 3 } },
    axes: [
      { ...axis, space: 90, values: (_, ticks) => ticks.map(timeWords) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : msWords(tick))) },
    ],
    series: [
      {},
      ...series.map(({ name }, index) => {
        const colour = COLOURS[index % COLOURS.length] ?? line;
        return {
          label: name,
          stroke: colour,
          paths: () => null,
          points: { show: true, size: 4, fill: colour, width: 0 },
        };
      }),
    ],
    hooks: {
      drawClear: [(chart) => shade(chart, shades)],
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const at = (left: number) => chart.posToVal(left, 'x') * 1000;
          zoomRef.current({ from: at(chart.select.left), to: at(chart.select.left + chart.select.width) });
        },
      ],
      ready: [(chart) => chart.over.addEventListener('dblclick', () => zoomRef.current(null))],
    },
  };
}

/** The time; with the date below at the first tick and at the first tick of each day. */
function timeWords(seconds: number, index: number, ticks: number[]): string {
  const at = seconds * 1000;
  const before = ticks[index - 1];
  return before !== undefined && day(before * 1000) === day(at) ? clock(at) : `${clock(at)}\n${day(at)}`;
}

const msWords = (ms: number) => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

function shade({ ctx, bbox, valToPos }: uPlot, shades: Range[]): void {
  ctx.save();
  ctx.fillStyle = SHADE;
  for (const { from, to } of shades) {
    const left = Math.max(bbox.left, valToPos(from / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, valToPos(to / 1000, 'x', true));
    if (right > left || (right === left && left > bbox.left))
      ctx.fillRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
  }
  ctx.restore();
}
