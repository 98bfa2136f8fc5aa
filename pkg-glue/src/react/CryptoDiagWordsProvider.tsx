import { createContext, type ReactNode, useContext } from 'react';

import type { CryptoDiagWords, RecoveryWords, SomeOf, StoreWords, TabWords } from './words';

/** Every word that a person sees, by the component; what is not given stays English. */
export type AllWords = { card: CryptoDiagWords; tabs: TabWords; store: StoreWords; recovery: RecoveryWords };
export type SomeWords = SomeOf<AllWords>;

const WordsContext = createContext<SomeWords>({});

export type CryptoDiagWordsProviderProps = { words: SomeWords; children: ReactNode };

/** Words for all components within, for a host that translates: give it new ones when the language changes. */
export function CryptoDiagWordsProvider({ words, children }: CryptoDiagWordsProviderProps) {
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

/** A component's own words go before those of the provider, and these before the English ones. */
export function useWords<Part extends keyof AllWords>(
  part: Part,
  english: AllWords[Part],
  own: SomeOf<AllWords[Part]> | undefined,
): AllWords[Part] {
  const provided = useContext(WordsContext)[part];
  return over(over(english, provided), own);
}

/** `words` with those that are given, group by group. Overrides of the wrong type (including `undefined`) are ignored. */
function over<Words>(words: Words, given: unknown): Words {
  if (typeof given !== typeof words || given === null) return words;
  // A word is a text, or a function that makes one.
  if (typeof words !== 'object' || words === null) return given as Words;
  const of = given as Record<string, unknown>;
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, over(word, of[name])])) as Words;
}
