import { Box, color, config, Text } from 'folds';

import type { CryptoDiagSnapshot, CryptoStoreStatus } from '../index';
import { Since } from './Since';
import type { CryptoDiagWords } from './words';

export type CriticalStatesProps = {
  snapshot: Pick<CryptoDiagSnapshot, 'cryptoStore' | 'uploadLoop'>;
  words: CryptoDiagWords;
};

/** States that must be visible without opening the details: lost or unusable keys, and an upload loop. */
export function CriticalStates({ snapshot, words }: CriticalStatesProps) {
  const { cryptoStore, uploadLoop } = snapshot;
  const lost = cryptoStore && isStoreLost(cryptoStore) ? cryptoStore : null;
  const isLooping = uploadLoop.state === 'looping';
  if (!lost && !isLooping) return null;
  return (
    <Box
      role="alert"
      direction="Column"
      gap="100"
      style={{
        padding: config.space.S300,
        backgroundColor: color.Critical.Container,
        color: color.Critical.OnContainer,
        borderRadius: config.radii.R300,
      }}
    >
      {lost && (
        <Text size="T300">
          {words.store[lost.verdict]} <Since time={lost.since} words={words} />
        </Text>
      )}
      {isLooping && (
        <Text size="T300">
          {words.uploads.looping} <Since time={uploadLoop.since} words={words} />
        </Text>
      )}
    </Box>
  );
}

/** Whether the store was deleted or is unusable as it is. */
export const isStoreLost = ({ verdict }: CryptoStoreStatus): boolean =>
  verdict !== 'healthy' && verdict !== 'first-run' && verdict !== 'unknown';
