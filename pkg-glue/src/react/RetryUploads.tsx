import { Box, Button, config, Text, toRem } from 'folds';
import { useState } from 'react';

import { retryKeyUploads, type UploadLoopStatus } from '../index';
import type { RetryWords } from './words';

export type RetryUploadsProps = { status: UploadLoopStatus; variant: 'Secondary' | 'Critical'; words: RetryWords };

/**
 * While key uploads are answered locally: a button that lets the next one through, and the outcome. Once pressed, the
 * button stays after the loop ends, to keep the focus and announce the outcome.
 */
export function RetryUploads({ status, variant, words }: RetryUploadsProps) {
  const [statusAtPress, setStatusAtPress] = useState<UploadLoopStatus>();
  const isAnsweredLocally = status.breaker === 'open';
  const outcome = statusAtPress && outcomeOf(statusAtPress, status);
  if (!isAnsweredLocally && !outcome) return null;

  const isReady = isAnsweredLocally && outcome !== 'waiting';
  const handleRetry = () => {
    if (!isReady) return;
    setStatusAtPress(status);
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

/** `undefined`: the request was about another loop, or has had no effect. */
function outcomeOf(atPress: UploadLoopStatus, { state, since, probes, refusals }: UploadLoopStatus) {
  if (state === 'recovered') return 'accepted';
  if (state !== 'looping' || since !== atPress.since) return undefined;
  if (probes === atPress.probes) return 'waiting';
  return refusals > atPress.refusals ? 'refused' : 'sent';
}
