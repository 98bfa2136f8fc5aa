import { Box, config, Text } from 'folds';

import { LogOutSteps, type LogOutStepsProps } from './LogOutSteps';
import { type RepairInPrompt, RepairKeys } from './RepairKeys';
import { RetryUploads } from './RetryUploads';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';

export type RecoveryStepsProps = LogOutStepsProps & { repair: RepairInPrompt };

/** What happened and how to fix it, least disruptive first. After a repair there is nothing left to do. */
export function RecoverySteps({ repair, ...logOut }: RecoveryStepsProps) {
  const { mx, reason, words } = logOut;
  const { uploadLoop, cryptoStore } = useCryptoDiagnostics();
  const isRepaired = repair.isOver && repair.outcome?.state === 'repaired';
  // For a device that lost its identity keys, a repair would end the refusals but not the problem.
  const hasKeys = cryptoStore?.verdict === 'healthy' && cryptoStore.identity === 'same';
  const isOffered = repair.isAllowed && reason === 'upload-loop' && hasKeys;

  return (
    <Box direction="Column" gap="300" style={{ padding: `${config.space.S300} 0 ${config.space.S400}` }}>
      {!isRepaired && (
        <Text size="T300">
          {words.what[reason]} {words.meaning}
        </Text>
      )}
      {!isRepaired && reason === 'upload-loop' && !repair.isRunning && (
        <RetryUploads status={uploadLoop} variant="Critical" words={words.retry} />
      )}
      {(isOffered || repair.isRunning || repair.outcome) && <RepairKeys mx={mx} words={words.repair} repair={repair} />}
      {!isRepaired && !repair.isRunning && <LogOutSteps {...logOut} />}
    </Box>
  );
}
