import { Box, Button, config, Text, toRem } from 'folds';
import { useState } from 'react';

import { retryKeyUploads, type UploadLoopStatus } from '../index';
import type { RetryWords } from './words';

export type RetryUploadsProps = { status: UploadLoopStatus; variant: 'Secondary' | 'Critical'; words: RetryWords };

/**
 * Where uploads of keys are held back, a button that lets the next one through, and what came of it. Once pressed, it stays:
 * the keyboard is there, and the outcome is said when the loop is over, too.
 */
export function RetryUploads({ status, variant, words }: RetryUploadsProps) {
  const [asked, setAsked] = useState<UploadLoopStatus>();
  const isHeld = status.breaker === 'open';
  const outcome = asked && outcomeOf(asked, status);
  if (!isHeld && !outcome) return null;

  const isReady = isHeld && outcome !== 'waiting';
  const handleRetry = () => {
    if (!isReady) return;
    setAsked(status);
    retryKeyUploads();
  };
  return (
    <Box alignItems="Center" gap="200" wrap="Wrap">
      <Button
        type="button"
        size="300"
        radii="300"
        variant={variant}
        fill="Soft"
        outlined
        aria-disabled={!isReady}
        style={{ flexShrink: 0, ...(!isReady && { opacity: config.opacity.Disabled }) }}
        onClick={handleRetry}
      >
        <Text as="span" size="B300">
          {words.button}
        </Text>
      </Button>
      <Text as="output" size="T200" style={{ flex: `1 1 ${toRem(200)}`, minWidth: 0 }}>
        {words[outcome ?? 'explain']}
      </Text>
    </Box>
  );
}

/** `undefined`: what was asked for was about another loop, or nothing came of it. */
function outcomeOf(asked: UploadLoopStatus, { state, since, probes, refusals }: UploadLoopStatus) {
  if (state === 'recovered') return 'accepted';
  if (state !== 'looping' || since !== asked.since) return undefined;
  if (probes === asked.probes) return 'waiting';
  return refusals > asked.refusals ? 'refused' : 'sent';
}
