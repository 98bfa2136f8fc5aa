import { Box, color, config, Text } from 'folds';

import type { CryptoDiagSnapshot, CryptoStoreStatus } from '../index';
import { Since } from './Since';
import type { CryptoDiagWords } from './words';

export type CriticalStatesProps = {
  snapshot: Pick<CryptoDiagSnapshot, 'cryptoStore' | 'uploadLoop'>;
  words: CryptoDiagWords;
};

/** What must be seen before anything is opened: keys that are lost or cannot be used, keys that are refused again and again. */
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

/** Deleted, or not to be used as it is. */
export const isStoreLost = ({ verdict }: CryptoStoreStatus): boolean =>
  verdict !== 'healthy' && verdict !== 'first-run' && verdict !== 'unknown';
