import { Box, color, Text } from 'folds';
import { useId } from 'react';

import type { HistorySafety } from '../generated/glue';
import type { MatrixClientLike, RecoveryReason } from '../index';
import { unreadableMessages } from '../recovery';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import type { RecoveryWords } from './words';

export type MessageHistoryProps = {
  mx: MatrixClientLike;
  deviceId: string;
  reason: RecoveryReason['reason'];
  /** `undefined`: not checked yet. */
  safety: HistorySafety | undefined;
  words: RecoveryWords;
};

/** What is already lost, whether it can be restored, and what a logout would lose. Shows only what is known. */
export function MessageHistory({ mx, deviceId, reason, safety, words }: MessageHistoryProps) {
  const heading = useId();
  const { entries, cryptoStore } = useCryptoDiagnostics();
  const unreadable = unreadableMessages(mx, entries);
  // Changed keys are soon refused: then the reason is the upload loop, but the old keys are lost all the same.
  const isChanged = cryptoStore?.verdict === 'identity-changed' && cryptoStore.deviceId === deviceId;
  // If room keys were restored from a backup, earlier messages are readable again.
  const hasLostKeys = (reason !== 'upload-loop' || isChanged) && !safety?.roomKeys;
  const isLost = hasLostKeys || unreadable > 0;
  return (
    <Box as="section" aria-labelledby={heading} direction="Column" gap="100">
      <Text as="h3" id={heading} size="L400">
        {words.history}
      </Text>
      <Box as="output" direction="Column" gap="100">
        {isLost && (
          <Text size="T300">
            {hasLostKeys && words.keysLost} {unreadable > 0 && words.unreadable(unreadable)}{' '}
            {safety && words.outlook[safety.outlook]}
          </Text>
        )}
        {safety ? (
          <Loss reason={reason} safety={safety} isOutlookShown={isLost} words={words} />
        ) : (
          <Text size="T300">{words.checking}</Text>
        )}
      </Box>
    </Box>
  );
}

type LossProps = {
  reason: RecoveryReason['reason'];
  safety: HistorySafety;
  isOutlookShown: boolean;
  words: RecoveryWords;
};
function Loss({ reason, safety, isOutlookShown, words }: LossProps) {
  const { isSafe, backup, recoveryKey, roomKeys, notBackedUp } = safety;
  if (reason === 'store-lost') return <Text size="T300">{words.safe(0)}</Text>;
  if (isSafe) return <Text size="T300">{words.safe(roomKeys ?? 0)}</Text>;
  return (
    <>
      <Text size="T300" style={{ color: color.Critical.Main }}>
        {backup === 'active' && notBackedUp === 0 ? words.locked : words.lost(notBackedUp || null)}
      </Text>
      {!isOutlookShown && (
        <Text size="T200">
          {words.backup[backup ?? 'unknown']} {recoveryKey === false && words.noRecoveryKey}
        </Text>
      )}
    </>
  );
}
