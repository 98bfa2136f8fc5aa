import { Badge, Box, Button, color, config, Spinner, Text, toRem } from 'folds';
import { useId, useState } from 'react';

import { saveReport } from '../download';
import type { CryptoDiagSnapshot, Fault, MatrixClientLike, ReportExtras } from '../index';
import { CaptureSessionControl } from './CaptureSessionControl';
import { useWords } from './CryptoDiagWordsProvider';
import { EntryList } from './EntryList';
import { LiveSummary } from './LiveSummary';
import { StoreState } from './StoreState';
import { UploadLoopState } from './UploadLoopState';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useDiagnosis } from './useDiagnosis';
import { Verdicts } from './Verdicts';
import type { CryptoDiagWords, SomeOf } from './words';

const FRAME = {
  padding: config.space.S400,
  backgroundColor: color.SurfaceVariant.Container,
  color: color.SurfaceVariant.OnContainer,
  borderRadius: config.radii.R400,
  minWidth: 0,
};

const FAULTS: readonly Fault[] = ['KE-1', 'KE-2', 'KE-3', 'KE-4'];

export type CryptoDiagnosticsProps = {
  /** The Matrix client; the report does without it. */
  mx?: MatrixClientLike | null;
  /** What only the host knows, for the report. */
  extras?: ReportExtras;
  /** Words in place of the English ones. */
  words?: SomeOf<CryptoDiagWords>;
  /** How many of the latest entries are shown. */
  entriesShown?: number;
  /** Without a frame and a title of its own: for hosts that put it into a card of theirs. */
  embedded?: boolean;
};

/** The card for Developer Tools: what was seen, live, and the button that saves the report. */
export function CryptoDiagnostics({ mx, extras, words, entriesShown = 5, embedded }: CryptoDiagnosticsProps) {
  const heading = useId();
  const snapshot = useCryptoDiagnostics();
  const text = useWords('card', words);
  const diagnosis = useDiagnosis(mx ?? null, extras ?? {}, snapshot);
  const total = FAULTS.reduce((sum, fault) => sum + snapshot.counts[fault], 0);
  // Nothing seen is good news only where somebody looked.
  const calm = snapshot.status.state === 'running' ? 'Success' : 'Secondary';

  return (
    <Box
      as="section"
      {...(embedded ? { 'aria-label': text.title } : { 'aria-labelledby': heading })}
      data-testid="crypto-diagnostics"
      direction="Column"
      gap="400"
      style={embedded ? { minWidth: 0 } : FRAME}
    >
      <Box direction="Column" gap="100">
        <Box alignItems="Center" justifyContent="SpaceBetween" gap="200" wrap="Wrap">
          {!embedded && (
            <Text as="h3" id={heading} size="L400">
              {text.title}
            </Text>
          )}
          <Badge variant={total > 0 ? 'Warning' : calm} fill="Soft" radii="Pill" size="500">
            <Text as="span" size="L400">
              {text.total(total)}
            </Text>
          </Badge>
        </Box>
        <CaptureState status={snapshot.status} words={text} />
        <TabState tabs={snapshot.tabs} words={text} />
      </Box>
      <StoreState mx={mx ?? null} snapshot={snapshot} words={text} />
      <UploadLoopState status={snapshot.uploadLoop} words={text} />
      <FaultCounts counts={snapshot.counts} words={text} />
      {snapshot.entries.length > 0 ? (
        <EntryList entries={snapshot.entries} shown={entriesShown} words={text} />
      ) : (
        <Text size="T300">{text.nothing}</Text>
      )}
      <Verdicts diagnosis={diagnosis} words={text} />
      <CaptureSessionControl
        session={snapshot.captureSession}
        artefacts={diagnosis?.artefacts}
        mx={mx ?? null}
        extras={extras ?? {}}
        words={text}
      />
      <DownloadReport mx={mx ?? null} extras={extras ?? {}} words={text} />
      <LiveSummary counts={snapshot.counts} words={text} />
    </Box>
  );
}

type CaptureStateProps = { status: CryptoDiagSnapshot['status']; words: CryptoDiagWords };
function CaptureState({ status, words }: CaptureStateProps) {
  const isRunning = status.state === 'running';
  return (
    <Text size="T200" style={isRunning ? {} : { color: color.Critical.Main }}>
      {words[status.state]}
      {status.reason && ` ${status.reason}`}
    </Text>
  );
}

type TabStateProps = { tabs: CryptoDiagSnapshot['tabs']; words: CryptoDiagWords };
function TabState({ tabs: { role, count }, words }: TabStateProps) {
  const known = [words.tabs[role ?? 'none'], count === null ? '' : words.tabCount(count)];
  const said = known.join(' ').trim();
  return said ? <Text size="T200">{said}</Text> : null;
}

type FaultCountsProps = { counts: CryptoDiagSnapshot['counts']; words: CryptoDiagWords };
function FaultCounts({ counts, words }: FaultCountsProps) {
  return (
    <Box
      as="ul"
      gap="100"
      style={{
        display: 'grid',
        columnGap: config.space.S500,
        gridTemplateColumns: `repeat(auto-fit, minmax(${toRem(220)}, 1fr))`,
        margin: 0,
        padding: 0,
        listStyle: 'none',
      }}
    >
      {FAULTS.map((fault) => (
        <Box key={fault} as="li" alignItems="Center" gap="200" style={{ minHeight: toRem(28) }}>
          <Text as="span" size="L400" style={{ flexShrink: 0 }}>
            {fault}
          </Text>
          <Text as="span" size="T300" style={{ flexGrow: 1 }}>
            {words.faults[fault]}
          </Text>
          <Badge variant={counts[fault] > 0 ? 'Warning' : 'Secondary'} fill="Soft" radii="300" size="400">
            <Text as="span" size="L400">
              {counts[fault]}
            </Text>
          </Badge>
        </Box>
      ))}
    </Box>
  );
}

type DownloadReportProps = { mx: MatrixClientLike | null; extras: ReportExtras; words: CryptoDiagWords };
function DownloadReport({ mx, extras, words }: DownloadReportProps) {
  const [outcome, setOutcome] = useState<string>();
  const [busy, setBusy] = useState(false);

  const handleDownload = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const { name, isSaved } = await saveReport(mx, extras);
      setOutcome(isSaved ? words.saved(name) : words.notSaved);
    } catch {
      setOutcome(words.notSaved);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Box direction="Column" gap="200" alignItems="Start">
      <Button
        type="button"
        size="300"
        radii="300"
        variant="Secondary"
        aria-disabled={busy}
        onClick={handleDownload}
        before={busy ? <Spinner size="100" variant="Secondary" /> : undefined}
      >
        <Text as="span" size="B300">
          {words.download}
        </Text>
      </Button>
      <Text as="output" size="T200" style={{ overflowWrap: 'anywhere' }}>
        {busy ? words.downloading : (outcome ?? words.advice)}
      </Text>
    </Box>
  );
}
