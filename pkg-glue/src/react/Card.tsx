import { Badge, Box, Button, color, config, Icon, Icons, Spinner, Text } from 'folds';
import { useId, useState } from 'react';

import { saveReport } from '../download';
import type { CryptoDiagSnapshot, MatrixClientLike, ReportExtras } from '../index';
import { CardDetails } from './CardDetails';
import { CriticalStates } from './CriticalStates';
import type { CryptoDiagnosticsProps } from './CryptoDiagnostics';
import { useWords } from './CryptoDiagWordsProvider';
import { DiagnosisText } from './DiagnosisText';
import { EarlierReach } from './EarlierEvidence';
import { LiveSummary } from './LiveSummary';
import { RetryUploads } from './RetryUploads';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useStoreChecks } from './useStoreChecks';
import { type CryptoDiagWords, ENGLISH } from './words';

const FRAME = {
  padding: config.space.S400,
  backgroundColor: color.SurfaceVariant.Container,
  color: color.SurfaceVariant.OnContainer,
  borderRadius: config.radii.R400,
  minWidth: 0,
};

/** The card for the Developer Tools: a live count, a button that saves the report, and the rest collapsed. */
export function Card({ mx = null, extras = {}, words, entriesShown = 5, embedded }: CryptoDiagnosticsProps) {
  const heading = useId();
  const details = useId();
  const snapshot = useCryptoDiagnostics();
  const text = useWords('card', ENGLISH, words);
  const { download, isBusy, outcome } = useDownload(mx, extras, text);
  const { captureSession } = snapshot;
  // Open if a capture session runs: its marks and its stop button are in the details.
  const [isOpen, setOpen] = useState(captureSession !== null && captureSession.stoppedAt === null);
  useStoreChecks(mx);

  return (
    <Box
      as="section"
      aria-labelledby={heading}
      data-testid="crypto-diagnostics"
      direction="Column"
      gap="300"
      style={embedded ? { minWidth: 0 } : FRAME}
    >
      <Box alignItems="Center" gap="300" wrap="Wrap">
        <Box direction="Column" gap="100" style={{ flex: '1 1 14rem', minWidth: 0 }}>
          <Text as="h3" id={heading} size={embedded ? 'T300' : 'L400'}>
            {text.title}
          </Text>
          <CaptureState status={snapshot.status} words={text} />
        </Box>
        <Box shrink="No" alignItems="Center" gap="200" wrap="Wrap">
          <Total snapshot={snapshot} words={text} />
          <Button
            type="button"
            size="300"
            radii="300"
            variant="Secondary"
            fill="Soft"
            outlined
            aria-disabled={isBusy}
            onClick={download}
            before={isBusy ? <Spinner size="100" variant="Secondary" /> : undefined}
          >
            <Text as="span" size="B300">
              {text.download}
            </Text>
          </Button>
        </Box>
      </Box>
      <Text as="output" size="T200" priority={outcome ? '500' : '300'} style={{ overflowWrap: 'anywhere' }}>
        {outcome ?? text.advice}
      </Text>
      <EarlierReach earlier={snapshot.earlier} words={text} />
      <CriticalStates snapshot={snapshot} words={text} />
      <RetryUploads status={snapshot.uploadLoop} variant="Secondary" words={text.retry} />
      <Box>
        <Button
          type="button"
          size="300"
          radii="300"
          variant="Secondary"
          fill="None"
          // Aligns the button's label with the text above.
          style={{ marginInlineStart: `calc(-1 * ${config.space.S300})` }}
          aria-expanded={isOpen}
          aria-controls={isOpen ? details : undefined}
          onClick={() => setOpen(!isOpen)}
          before={<Icon src={isOpen ? Icons.ChevronTop : Icons.ChevronBottom} size="100" filled aria-hidden />}
        >
          <Text as="span" size="B300">
            {text.details}
          </Text>
        </Button>
      </Box>
      {isOpen && (
        <CardDetails
          id={details}
          mx={mx}
          extras={extras}
          snapshot={snapshot}
          entriesShown={entriesShown}
          words={text}
        />
      )}
      <LiveSummary counts={snapshot.counts} words={text} />
    </Box>
  );
}

type CaptureStateProps = { status: CryptoDiagSnapshot['status']; words: CryptoDiagWords };
function CaptureState({ status, words }: CaptureStateProps) {
  const isRunning = status.state === 'running';
  return (
    <Text
      size="T200"
      {...(isRunning && { priority: '300' })}
      style={{ overflowWrap: 'anywhere', ...(!isRunning && { color: color.Critical.Main }) }}
    >
      {words[status.state]}
      {status.reason && <DiagnosisText>{` ${status.reason}`}</DiagnosisText>}
    </Text>
  );
}

type TotalProps = { snapshot: CryptoDiagSnapshot; words: CryptoDiagWords };
function Total({ snapshot: { counts, status, earlier }, words }: TotalProps) {
  const total = Object.values<number>(counts).reduce((sum, count) => sum + count, 0);
  // Green only if the capture runs and no earlier page load has evidence: otherwise "nothing seen" is no good news.
  const quietVariant = status.state === 'running' && !earlier ? 'Success' : 'Secondary';
  return (
    <Badge variant={total > 0 ? 'Warning' : quietVariant} fill="Soft" radii="Pill" size="500">
      <Text as="span" size="L400">
        {words.total(total)}
      </Text>
    </Badge>
  );
}

function useDownload(mx: MatrixClientLike | null, extras: ReportExtras, words: CryptoDiagWords) {
  const [outcome, setOutcome] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const download = async () => {
    if (isBusy) return;
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
  return { download, isBusy, outcome: isBusy ? words.downloading : outcome };
}
