import { Box, Button, color, config, Text } from 'folds';
import { useState } from 'react';

import {
  type CryptoDiagSnapshot,
  type CryptoStoreStatus,
  requestPersistentStorage,
  type StorageStatus,
} from '../index';
import { isStoreLost } from './CriticalStates';
import { DiagnosisText } from './DiagnosisText';
import { inLocale } from './locale';
import { Since } from './Since';
import type { CryptoDiagWords } from './words';

export type StoreStateProps = {
  snapshot: Pick<CryptoDiagSnapshot, 'storage' | 'cryptoStore'>;
  words: CryptoDiagWords;
};

/** Whether the encryption keys are in place, and whether the browser will keep them. */
export function StoreState({ snapshot, words }: StoreStateProps) {
  const { storage, cryptoStore } = snapshot;
  if (!storage && !cryptoStore) return null;
  return (
    <Box
      direction="Column"
      gap="200"
      style={{
        padding: config.space.S300,
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderRadius: config.radii.R300,
      }}
    >
      {cryptoStore && <Store status={cryptoStore} words={words} />}
      {storage && <Persistence status={storage} words={words} />}
    </Box>
  );
}

type StoreProps = { status: CryptoStoreStatus; words: CryptoDiagWords };
function Store({ status, words }: StoreProps) {
  // `CriticalStates` already shows a lost store above the details.
  const isShownAbove = isStoreLost(status);
  if (isShownAbove && !status.error) return null;
  return (
    <Text size="T300" style={{ overflowWrap: 'anywhere' }}>
      {!isShownAbove && (
        <>
          {words.store[status.verdict]} <Since time={status.since} words={words} />
        </>
      )}
      {status.error && <DiagnosisText>{` ${status.error}`}</DiagnosisText>}
    </Text>
  );
}

type PersistenceProps = { status: StorageStatus; words: CryptoDiagWords };
function Persistence({ status, words }: PersistenceProps) {
  const [busy, setBusy] = useState(false);
  const { persisted, request, usage, quota, error } = status;
  const handlePersist = async () => {
    setBusy(true);
    await requestPersistentStorage();
    setBusy(false);
  };
  return (
    <Box direction="Column" gap="200" alignItems="Start">
      <Text size="T300">
        {persisted ? words.persisted : persisted === false ? words.notPersisted : words.persistUnknown}{' '}
        {persisted === false && words.persistHelps}
        {usage !== null && quota !== null && (
          <Text as="span" size="T200">
            {' '}
            {words.usage(inBytes(usage), inBytes(quota))}
          </Text>
        )}
        {error && <DiagnosisText>{` ${error}`}</DiagnosisText>}
      </Text>
      {!persisted && request === 'not-asked' && (
        <Button
          type="button"
          size="300"
          radii="300"
          variant="Secondary"
          fill="Soft"
          aria-disabled={busy}
          onClick={handlePersist}
        >
          <Text as="span" size="B300">
            {words.persist}
          </Text>
        </Button>
      )}
    </Box>
  );
}

function inBytes(value: number): string {
  const [unit, size] = value < 1e9 ? (['megabyte', 1e6] as const) : (['gigabyte', 1e9] as const);
  return inLocale((locale) => (value / size).toLocaleString(locale, { style: 'unit', unit, maximumFractionDigits: 1 }));
}
