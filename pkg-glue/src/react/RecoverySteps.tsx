import { Box, config, Text } from 'folds';
import { useState } from 'react';

import { LogOutSteps, type LogOutStepsProps } from './LogOutSteps';
import { RepairKeys } from './RepairKeys';
import { RetryUploads } from './RetryUploads';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';

export type RecoveryStepsProps = LogOutStepsProps & {
  /** Whether the fault is over because it was repaired here: then nothing else is left to do. */
  isRepaired: boolean;
  /** Whether the repair in place may be offered. */
  repair: boolean;
};

/** What happened, and the ways out, the gentlest first. */
export function RecoverySteps({ isRepaired, repair, ...logOut }: RecoveryStepsProps) {
  const { mx, reason, words, onLeaving } = logOut;
  const { uploadLoop, cryptoStore } = useCryptoDiagnostics();
  const [isRepairing, setRepairing] = useState(false);
  // Of a device that lost its identity keys it would only silence the alarm.
  const hasKeys = cryptoStore?.verdict === 'healthy' && cryptoStore.identity === 'same';
  const isOffered = repair && reason === 'upload-loop' && hasKeys;

  const handleRunning = (isRunning: boolean) => {
    setRepairing(isRunning);
    onLeaving(isRunning);
  };
  return (
    <Box direction="Column" gap="300" style={{ padding: `${config.space.S300} 0 ${config.space.S400}` }}>
      {!isRepaired && (
        <Text size="T300">
          {words.what[reason]} {words.meaning}
        </Text>
      )}
      {!isRepaired && reason === 'upload-loop' && (
        <RetryUploads status={uploadLoop} variant="Critical" words={words.retry} />
      )}
      {(isOffered || isRepairing) && <RepairKeys mx={mx} words={words.repair} onRunning={handleRunning} />}
      {!isRepaired && <LogOutSteps {...logOut} />}
    </Box>
  );
}
