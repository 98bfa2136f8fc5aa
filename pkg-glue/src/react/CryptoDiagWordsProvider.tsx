import { createContext, type ReactNode, useContext } from 'react';

import type { CryptoDiagWords, RecoveryWords, SomeOf, StoreWords, TabWords } from './words';

/** All texts, by component; texts that are not given stay English. */
export type AllWords = { card: CryptoDiagWords; tabs: TabWords; store: StoreWords; recovery: RecoveryWords };
export type SomeWords = SomeOf<AllWords>;

const WordsContext = createContext<SomeWords>({});

export type CryptoDiagWordsProviderProps = { words: SomeWords; children: ReactNode };

/** Sets the texts of all components inside, for a host that translates: pass new texts when the language changes. */
export function CryptoDiagWordsProvider({ words, children }: CryptoDiagWordsProviderProps) {
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

/** A component's own texts take precedence over the provider's, and those over the English ones. */
export function useWords<Part extends keyof AllWords>(
  part: Part,
  english: AllWords[Part],
  own: SomeOf<AllWords[Part]> | undefined,
): AllWords[Part] {
  const provided = useContext(WordsContext)[part];
  return override(override(english, provided), own);
}

/**
 * `words` with the given overrides, group by group. Overrides of the wrong type (including `undefined`) are ignored.
 */
function override<Words>(words: Words, overrides: unknown): Words {
  if (typeof overrides !== typeof words || overrides === null) return words;
  // A text, or a function that returns one.
  if (typeof words !== 'object' || words === null) return overrides as Words;
  const byName = overrides as Record<string, unknown>;
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, override(word, byName[name])])) as Words;
}
