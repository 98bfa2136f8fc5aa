import { Text } from 'folds';

import { localTime } from './time';
import type { CryptoDiagWords } from './words';

export type SinceProps = { time: string | null; words: CryptoDiagWords };

/** Since when a state has lasted, if known. */
export function Since({ time, words }: SinceProps) {
  if (!time) return null;
  return (
    <Text as="span" size="T200">
      <time style={{ display: 'inline-block' }} dateTime={time}>
        {words.since(localTime(new Date(time)))}
      </time>
    </Text>
  );
}
