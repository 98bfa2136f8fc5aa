import { Box, Button, config, Text } from 'folds';
import { useMemo, useRef, useState } from 'react';

import { useTheme } from '../theme';
import { DatabasePicker, type ServerDatabase } from './DatabasePicker';
import { Export } from './Export';
import { fullRange, lanesOf, momentsOf, padded, type Range } from './episodes';
import { Files } from './Files';
import { Findings } from './Findings';
import { FirstSteps } from './FirstSteps';
import { LatencyCard } from './LatencyCard';
import { loadsOf } from './loads';
import { RefusedKeys } from './RefusedKeys';
import { ReportPicker } from './ReportPicker';
import { RunbookCard } from './RunbookCard';
import { SurveyCard } from './SurveyCard';
import { Timeline } from './Timeline';
import { useCaseFile } from './useCaseFile';

/** The build mode for a single file, which has no other pages beside it. */
const SINGLE_FILE = 'single-file';

export function Viewer() {
  const { isDark, setDark } = useTheme();
  const { files, model, story, failure, read, cancel, remove, shift, redact, exportSurvey, findDevices, openStory } =
    useCaseFile();
  const [pickedId, setPickedId] = useState('');
  const [database, setDatabase] = useState<ServerDatabase>('postgres');
  const [zoom, setZoom] = useState<Range | null>(null);
  const reportRef = useRef<HTMLDivElement>(null);

  const lanes = useMemo(() => lanesOf(model.reports), [model]);
  const moments = useMemo(() => momentsOf(model.reports), [model]);
  const loads = useMemo(() => loadsOf(model.reports), [model]);
  const allTimes = useMemo(() => fullRange(lanes, moments, loads), [lanes, moments, loads]);
  const picked = model.reports.find(({ id }) => id === pickedId) ?? model.reports[0];

  // Without a report, the survey is all there is to show; beside a report, it is shown if it found something.
  const survey = model.survey && (!picked || model.survey.total > 0) ? model.survey : null;
  const handlePick = (id: string) => {
    setPickedId(id);
    reportRef.current?.scrollIntoView({ block: 'start' });
  };
  const handleTheme = () => setDark(!isDark);
  const handleZoom = (range: Range | null) => setZoom(range && padded(range));
  return (
    <>
      <Box as="header" alignItems="Center" justifyContent="SpaceBetween" gap="200" wrap="Wrap" className="top">
        <Box direction="Column" gap="100">
          <Text as="h1" size="H3">
            Report viewer
          </Text>
          {import.meta.env.MODE !== SINGLE_FILE && (
            <Text as="a" size="T200" href="./index.html">
              Developer Tools
            </Text>
          )}
        </Box>
        <Button type="button" size="300" variant="Secondary" fill="Soft" radii="300" onClick={handleTheme}>
          <Text as="span" size="B300">
            {isDark ? 'Light theme' : 'Dark theme'}
          </Text>
        </Button>
      </Box>
      <main className="viewer">
        <Files files={files} failure={failure} onRead={read} onCancel={cancel} onRemove={remove} onShift={shift} />
        {files.length === 0 && <FirstSteps />}
        {survey && (
          <SurveyCard
            survey={survey}
            story={story}
            reports={model.reports}
            onFind={findDevices}
            onStory={openStory}
            onExport={exportSurvey}
            onPick={handlePick}
          />
        )}
        {picked && (
          <>
            <Box direction="Column" gap="400" style={{ minWidth: 0 }}>
              <Box gap="400" wrap="Wrap" ref={reportRef}>
                <ReportPicker reports={model.reports} picked={picked} onPick={setPickedId} />
                <DatabasePicker database={database} onPick={setDatabase} />
              </Box>
              <div className="columns-of-report" key={picked.id}>
                <Findings view={picked} database={database} hasServerEvidence={model.hasServerEvidence} />
                <Box direction="Column" style={{ minWidth: 0, gap: config.space.S500 }}>
                  <RefusedKeys view={picked} />
                  <RunbookCard view={picked} database={database} />
                  <Export model={model} view={picked} onRedact={redact} />
                </Box>
              </div>
            </Box>
            <Timeline
              lanes={lanes}
              moments={moments}
              loads={loads}
              range={zoom ?? allTimes}
              isZoomed={zoom !== null}
              onZoom={handleZoom}
            />
          </>
        )}
        {(model.series.length > 0 || picked?.analysis.diagnosis.latency) && (
          <LatencyCard model={model} view={picked} lanes={lanes} range={zoom} isDark={isDark} onZoom={setZoom} />
        )}
      </main>
    </>
  );
}
