import { Text } from 'folds';
import { useState } from 'react';

import { ActionButton } from '../ActionButton';

type CopyButtonProps = { text: string; label: string; words?: string };
/** @param label names what is copied, for screen readers */
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
      <ActionButton words={words} label={`${words}: ${label}`} onClick={() => void handleClick()} />
      <Text as="output" size="T200">
        {state === 'copied' && 'Copied'}
        {state === 'failed' && 'The browser did not allow it: select the text and copy it by hand.'}
      </Text>
    </>
  );
}
