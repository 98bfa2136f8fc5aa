import { Box, color, config, Text } from 'folds';

import type { CryptoDiagSnapshot, CryptoStoreStatus } from '../index';
import { Since } from './Since';
import type { CryptoDiagWords } from './words';

export type CriticalStatesProps = {
  snapshot: Pick<CryptoDiagSnapshot, 'cryptoStore' | 'uploadLoop' | 'recovery'>;
  words: CryptoDiagWords;
};

/** What must be seen before anything is opened: keys that are lost, keys that are refused again and again. */
export function CriticalStates({ snapshot, words }: CriticalStatesProps) {
  const { cryptoStore, uploadLoop, recovery } = snapshot;
  // From the page, a connection that was closed looks like a store that was deleted.
  const isOnlyCut = cryptoStore?.loss && recovery?.reason !== 'store-lost';
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
          {lost.verdict === 'evicted' && isOnlyCut ? words.connectionLost : words.store[lost.verdict]}{' '}
          <Since time={lost.since} words={words} />
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

export const isStoreLost = ({ verdict }: CryptoStoreStatus): boolean =>
  verdict === 'evicted' || verdict === 'identity-changed';
