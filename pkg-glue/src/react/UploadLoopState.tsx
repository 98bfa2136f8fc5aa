import { Box, Button, color, config, Text } from 'folds';
import { useState } from 'react';

import type { UploadLoopStatus } from '../index';
import { Since } from './Since';
import type { CryptoDiagWords } from './words';

export type UploadLoopStateProps = { status: UploadLoopStatus; words: CryptoDiagWords };

/** Refused uploads: which key, and what was done about it. Renders nothing if none was refused. */
export function UploadLoopState({ status, words }: UploadLoopStateProps) {
  const { state, since, refusal, perMinute, spared, refusals } = status;
  if (state === 'idle') return null;
  return (
    <Box
      direction="Column"
      gap="200"
      data-testid="upload-loop"
      style={{
        padding: config.space.S300,
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderRadius: config.radii.R300,
      }}
    >
      {/* `CriticalStates` already shows an ongoing loop above the details. */}
      {state !== 'looping' && (
        <Text size="T300">
          {words.uploads[state]} <Since time={since} words={words} />
        </Text>
      )}
      <Text size="T200">
        {refusals > 0 && words.refusals(refusals)} {perMinute !== null && words.rate(perMinute)}{' '}
        {spared > 0 && words.spared(spared)}
      </Text>
      {refusal && (
        <Box as="ul" direction="Column" gap="100" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
          <Value label={words.keyId} value={refusal.keyId} words={words} />
          {refusal.oldKey && <Value label={words.oldKey} value={refusal.oldKey} words={words} />}
          {refusal.newKey && <Value label={words.newKey} value={refusal.newKey} words={words} />}
        </Box>
      )}
    </Box>
  );
}

/** Shortens keys, but not key ids, which differ at the end. */
const shortened = (value: string) => (value.length > 40 ? `${value.slice(0, 12)}…${value.slice(-6)}` : value);

type ValueProps = { label: string; value: string; words: CryptoDiagWords };
function Value({ label, value, words }: ValueProps) {
  // Remembers the copied value: when another key is shown, it is not marked as copied.
  const [copied, setCopied] = useState<string>();
  const isCopied = copied === value;
  const handleCopy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(value);
    } catch {
      setCopied(undefined);
    }
  };
  return (
    <Box as="li" alignItems="Center" justifyContent="SpaceBetween" gap="200">
      <Text as="span" size="T200" style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        {label}:{' '}
        <code style={{ display: 'inline-block' }} title={value}>
          {shortened(value)}
        </code>
      </Text>
      <Button
        type="button"
        size="300"
        radii="300"
        variant="Secondary"
        fill="Soft"
        style={{ flexShrink: 0 }}
        aria-label={isCopied ? words.copiedWhat(label) : words.copyWhat(label)}
        onClick={handleCopy}
      >
        <Text as="span" size="B300">
          {isCopied ? words.copied : words.copy}
        </Text>
      </Button>
    </Box>
  );
}
