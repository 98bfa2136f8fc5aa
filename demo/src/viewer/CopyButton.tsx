import { Button, Text } from 'folds';
import { useState } from 'react';

type CopyButtonProps = { text: string; label: string; words?: string };
/** @param label what is copied, for a screen reader */
export function CopyButton({ text, label, words = 'Copy' }: CopyButtonProps) {
  const [state, setState] = useState<'' | 'copied' | 'failed'>('');
  const handleClick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      setState('failed');
    }
  };
  return (
    <>
      <Button
        type="button"
        size="300"
        variant="Secondary"
        fill="Soft"
        outlined
        radii="300"
        style={{ flexShrink: 0 }}
        aria-label={`${words}: ${label}`}
        onClick={handleClick}
      >
        <Text as="span" size="B300">
          {words}
        </Text>
      </Button>
      <Text as="output" size="T200">
        {state === 'copied' && 'Copied'}
        {state === 'failed' && 'The browser did not allow it: mark the text and copy it by hand.'}
      </Text>
    </>
  );
}
