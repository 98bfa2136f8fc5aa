import { Badge, Box, config, Text, toRem } from 'folds';

import type { CryptoDiagSnapshot, Fault, MatrixClientLike, ReportExtras } from '../index';
import { CaptureSessionControl } from './CaptureSessionControl';
import { DiagnosisText } from './DiagnosisText';
import { ForgetEarlier } from './EarlierEvidence';
import { EntryList } from './EntryList';
import { StoreState } from './StoreState';
import { UploadLoopState } from './UploadLoopState';
import { useDiagnosis } from './useDiagnosis';
import { Verdicts } from './Verdicts';
import type { CryptoDiagWords } from './words';

const FAULTS: readonly Fault[] = ['KE-1', 'KE-2', 'KE-3', 'KE-4'];

export type CardDetailsProps = {
  id: string;
  mx: MatrixClientLike | null;
  extras: ReportExtras;
  snapshot: CryptoDiagSnapshot;
  entriesShown: number;
  words: CryptoDiagWords;
};

/** The collapsed part of the card. Loads the diagnosis when it is first shown. */
export function CardDetails({ id, mx, extras, snapshot, entriesShown, words }: CardDetailsProps) {
  const diagnosis = useDiagnosis(mx, extras, snapshot);
  // Without the module a capture session would record nothing.
  const isRunning = !['failed', 'unavailable'].includes(snapshot.status.state);
  return (
    <Box as="section" id={id} aria-label={words.details} direction="Column" gap="400" style={{ minWidth: 0 }}>
      <FaultCounts counts={snapshot.counts} words={words} />
      <UploadLoopState status={snapshot.uploadLoop} words={words} />
      {snapshot.entries.length > 0 && <EntryList entries={snapshot.entries} shown={entriesShown} words={words} />}
      <Verdicts diagnosis={diagnosis} words={words} />
      <StoreState snapshot={snapshot} words={words} />
      <TabState tabs={snapshot.tabs} words={words} />
      <ForgetEarlier earlier={snapshot.earlier} words={words} />
      {isRunning && (
        <CaptureSessionControl
          session={snapshot.captureSession}
          artefacts={diagnosis?.artefacts}
          mx={mx}
          extras={extras}
          words={words}
        />
      )}
    </Box>
  );
}

type TabStateProps = { tabs: CryptoDiagSnapshot['tabs']; words: CryptoDiagWords };
function TabState({ tabs: { role, count, leaderSilent }, words }: TabStateProps) {
  // If the leader is silent, omit the count: it is from when the leader last answered.
  const parts = leaderSilent
    ? [words.tabs.silent]
    : [words.tabs[role ?? 'none'], count === null ? '' : words.tabCount(count)];
  const text = parts.join(' ').trim();
  return text ? <Text size="T200">{text}</Text> : null;
}

type FaultCountsProps = { counts: CryptoDiagSnapshot['counts']; words: CryptoDiagWords };
function FaultCounts({ counts, words }: FaultCountsProps) {
  return (
    <Box
      as="ul"
      gap="200"
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
        <li key={fault}>
          <Box alignItems="Center" gap="200" style={{ minHeight: toRem(28) }}>
            <Text as="span" size="L400" style={{ flexShrink: 0, whiteSpace: 'nowrap' }}>
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
          {counts[fault] > 0 && (
            <Text size="T200" priority="300">
              <DiagnosisText>{words.faultAdvice[fault]}</DiagnosisText>
            </Text>
          )}
        </li>
      ))}
    </Box>
  );
}
