import { Box, Text } from 'folds';
import type { FaultWindow, LatencyFigures } from 'lotus-crypto-diag';

import { Card } from '../Card';
import type { Lane, Range } from './episodes';
import { COLOURS, LatencyPlot } from './LatencyPlot';
import type { CaseModel, ReportView } from './protocol';
import { visible } from './words';

/** The same array each time: the plot is made anew when its windows change. */
const NO_WINDOWS: FaultWindow[] = [];

const ms = (value: number | null) => (value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: 0 }));

type LatencyCardProps = {
  model: CaseModel;
  view: ReportView | undefined;
  lanes: Lane[];
  range: Range | null;
  isDark: boolean;
  onZoom: (range: Range | null) => void;
};
/** How fast the homeserver answered, and whether it was slow when the call had trouble. */
export function LatencyCard({ model, view, lanes, range, isDark, onZoom }: LatencyCardProps) {
  const summary = view?.analysis.diagnosis.latency;
  return (
    <Card
      title="Response times of the homeserver"
      about="How long each request took; times in UTC. Shaded: while KE-4 was seen. Drag over a part to zoom in, double-click to see all."
    >
      {model.series.length > 0 && (
        <>
          <LatencyPlot
            series={model.series}
            windows={summary?.windows ?? NO_WINDOWS}
            lanes={lanes}
            range={range}
            isDark={isDark}
            onZoom={onZoom}
          />
          <Box gap="400" wrap="Wrap">
            {model.series.map(({ name, at }, index) => (
              <Box key={name} alignItems="Center" gap="100">
                <span className="swatch" style={{ background: COLOURS[index % COLOURS.length] }} />
                <Text as="span" size="T200">
                  {name}: {at.length.toLocaleString('en')} points
                </Text>
              </Box>
            ))}
          </Box>
        </>
      )}
      {summary && (
        <section
          className="scrolls"
          aria-label="Response times of the homeserver, in numbers"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
          tabIndex={0}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Requests</th>
                {['Number', 'p50 ms', 'p95 ms', 'Worst ms', 'Failed'].map((head) => (
                  <th key={head} scope="col" className="number">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <Figures name="All" figures={summary.all} />
              <Figures name="While KE-4 was seen" figures={summary.inFaultWindows} />
              <Figures name="At other times" figures={summary.outside} />
              {summary.byPath.slice(0, 12).map((path) => (
                <Figures
                  key={`${path.method} ${path.path}`}
                  name={visible(`${path.method ?? ''} ${path.path}`.trim())}
                  figures={path}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

function Figures({ name, figures }: { name: string; figures: LatencyFigures }) {
  return (
    <tr>
      <th scope="row" style={{ fontWeight: 'normal', overflowWrap: 'anywhere' }}>
        {name}
      </th>
      <td className="number">{figures.count.toLocaleString('en')}</td>
      <td className="number">{ms(figures.p50Ms)}</td>
      <td className="number">{ms(figures.p95Ms)}</td>
      <td className="number">{ms(figures.worstMs)}</td>
      <td className="number">{figures.failures.toLocaleString('en')}</td>
    </tr>
  );
}
