import { Box, Button, color, config, Text } from 'folds';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';

import { type CryptoDiagSnapshot, forgetEarlierEvidence } from '../index';
import { localDay } from './time';
import type { CryptoDiagWords } from './words';

type EarlierProps = { earlier: CryptoDiagSnapshot['earlier'] | undefined; words: CryptoDiagWords };

/** The start of the evidence and the number of page loads; nothing if only this page has evidence. */
export function EarlierReach({ earlier, words }: EarlierProps) {
  if (!earlier) return null;
  const { since, pages } = earlier;
  return (
    <Text size="T200" priority="300" style={{ overflowWrap: 'anywhere' }}>
      <time dateTime={since}>{words.earlier.reach(localDay(new Date(since)), pages + 1)}</time>
    </Text>
  );
}

type Stage = 'offered' | 'confirming' | 'forgotten' | 'failed';

/** A button that deletes the stored evidence of earlier page loads, after explaining what is deleted. */
export function ForgetEarlier({ earlier, words: { earlier: words } }: EarlierProps) {
  const explanation = useId();
  const [stage, setStage] = useState<Stage>('offered');
  const [wasPressed, setWasPressed] = useState(false);
  const offerButton = useRef<HTMLButtonElement>(null);
  const keepButton = useRef<HTMLButtonElement>(null);
  const outcome = useRef<HTMLOutputElement>(null);
  // The focused element is gone: focus the one that replaced it.
  useEffect(() => {
    if (!wasPressed) return;
    const next = { offered: offerButton, confirming: keepButton, forgotten: outcome, failed: outcome }[stage];
    next.current?.focus();
  }, [stage, wasPressed]);

  const handleOffer = () => {
    setWasPressed(true);
    setStage('confirming');
  };
  const handleKeep = () => setStage('offered');
  const handleForget = () => {
    setStage(forgetEarlierEvidence() ? 'forgotten' : 'failed');
  };
  const handleKey = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    handleKeep();
  };

  if (stage === 'forgotten' || stage === 'failed') {
    return (
      <Text as="output" ref={outcome} tabIndex={-1} size="T200">
        {stage === 'forgotten' ? words.forgotten : words.notForgotten}
      </Text>
    );
  }
  if (!earlier) return null;
  if (stage === 'offered') {
    return (
      <Box>
        <Button
          ref={offerButton}
          type="button"
          size="300"
          radii="300"
          variant="Secondary"
          fill="Soft"
          outlined
          onClick={handleOffer}
        >
          <Text as="span" size="B300">
            {words.forget}
          </Text>
        </Button>
      </Box>
    );
  }
  return (
    <Box
      role="group"
      aria-label={words.forget}
      direction="Column"
      gap="200"
      onKeyDown={handleKey}
      style={{
        padding: config.space.S300,
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderRadius: config.radii.R300,
        minWidth: 0,
      }}
    >
      <Text as="p" id={explanation} size="T200" style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {words.explain}
      </Text>
      <Box gap="200" wrap="Wrap">
        <Button
          ref={keepButton}
          type="button"
          size="300"
          radii="300"
          variant="Secondary"
          fill="Soft"
          outlined
          aria-describedby={explanation}
          onClick={handleKeep}
        >
          <Text as="span" size="B300">
            {words.keep}
          </Text>
        </Button>
        <Button type="button" size="300" radii="300" variant="Critical" onClick={handleForget}>
          <Text as="span" size="B300">
            {words.confirm}
          </Text>
        </Button>
      </Box>
    </Box>
  );
}
