import { Box, Button, config, Spinner, Text } from 'folds';
import { useEffect, useId, useRef, useState } from 'react';

import { saveReport } from '../download';
import { type MatrixClientLike, type RepairStatus, type ReportExtras, repairOneTimeKeys } from '../index';
import { DiagnosisText } from './DiagnosisText';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import type { RepairWords } from './words';

/** The prompt's state of the repair. It outlives this component. */
export type RepairInPrompt = {
  /** Whether the host allows offering the repair. */
  isAllowed: boolean;
  isRunning: boolean;
  /** Outcome of the latest repair started here; `undefined`: none was started, or it is running. */
  outcome: RepairStatus | undefined;
  /** Whether the fault is over. */
  isOver: boolean;
  /** For the report that is saved before the repair. */
  extras: ReportExtras | undefined;
  onOutcome: (outcome: RepairStatus | undefined) => void;
};

export type RepairKeysProps = { mx: MatrixClientLike; words: RepairWords; repair: RepairInPrompt };

/** The less disruptive fix, with what it does and does not do. */
export function RepairKeys({ mx, words, repair: { isRunning, outcome, extras, onOutcome } }: RepairKeysProps) {
  const heading = useId();
  const { repair } = useCryptoDiagnostics();
  const [isAsking, setAsking] = useState(false);
  const [saving, setSaving] = useState('');
  const isBusy = isAsking || isRunning;

  const handleSave = async () => {
    const { name, isSaved } = await saveReport(mx, extras);
    setSaving(isSaved ? words.saved(name) : words.notSaved);
  };
  const handleRepair = async () => {
    if (isBusy) return;
    setAsking(true);
    onOutcome(undefined);
    onOutcome(await repairOneTimeKeys(mx));
    setAsking(false);
  };
  const isRepaired = outcome?.state === 'repaired';
  const outcomeText = useRef<HTMLOutputElement>(null);
  // The focused button is gone: focus the outcome.
  useEffect(() => {
    if (isRepaired) outcomeText.current?.focus();
  }, [isRepaired]);
  const message = isBusy ? progressOf(repair, words) : outcome ? outcomeOf(outcome, words) : '';

  return (
    <Box as="section" aria-labelledby={heading} direction="Column" gap="200">
      <Text as="h3" id={heading} size="L400">
        {words.title}
      </Text>
      {!isRepaired && (
        <>
          <Text size="T300">{words.explain}</Text>
          <Text size="T300">{words.save}</Text>
          <Box gap="200" wrap="Wrap">
            <Button type="button" size="300" radii="300" variant="Secondary" fill="Soft" outlined onClick={handleSave}>
              <Text as="span" size="B300">
                {words.download}
              </Text>
            </Button>
            <Button
              type="button"
              size="300"
              radii="300"
              variant="Primary"
              aria-disabled={isBusy}
              style={{ ...(isBusy && { opacity: config.opacity.Disabled }) }}
              onClick={handleRepair}
              before={isBusy ? <Spinner size="100" variant="Primary" fill="Solid" /> : undefined}
            >
              <Text as="span" size="B300">
                {words.start}
              </Text>
            </Button>
          </Box>
          <Text as="output" size="T200" style={{ overflowWrap: 'anywhere' }}>
            {saving}
          </Text>
        </>
      )}
      <Text
        as="output"
        ref={outcomeText}
        tabIndex={-1}
        size="T300"
        style={{ overflowWrap: 'anywhere', outline: 'none' }}
      >
        <DiagnosisText>{message}</DiagnosisText>
      </Text>
    </Box>
  );
}

function progressOf(repair: RepairStatus | null, words: RepairWords): string {
  switch (repair?.state === 'running' ? repair.step : 'checking') {
    case 'claiming':
      return words.claiming(repair?.claimed.length ?? 0, repair?.counted ?? null);
    case 'uploading':
      return words.uploading;
    case 'testing':
      return words.testing;
    default:
      return words.checking;
  }
}

function outcomeOf({ state, problem, error }: RepairStatus, words: RepairWords): string {
  if (state === 'repaired') return words.repaired;
  const why = [problem ? words.problems[problem] : '', error ? `(${error})` : ''].filter(Boolean).join(' ');
  return state === 'refused' ? words.refused(why) : words.failed(why);
}
