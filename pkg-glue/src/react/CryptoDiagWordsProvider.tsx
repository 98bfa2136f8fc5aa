import { createContext, type ReactNode, useContext } from 'react';

import {
  type CryptoDiagWords,
  ENGLISH,
  ENGLISH_RECOVERY,
  ENGLISH_TABS,
  type RecoveryWords,
  type TabWords,
} from './words';

/** Every word that a person sees, by the component; what is not given stays English. */
export type AllWords = { card: CryptoDiagWords; tabs: TabWords; recovery: RecoveryWords };
export type SomeWords = { [Part in keyof AllWords]?: Partial<AllWords[Part]> };

const ENGLISH_WORDS: AllWords = { card: ENGLISH, tabs: ENGLISH_TABS, recovery: ENGLISH_RECOVERY };

const WordsContext = createContext<SomeWords>({});

export type CryptoDiagWordsProviderProps = { words: SomeWords; children: ReactNode };

/** Words for all components within, for a host that translates: give it new ones when the language changes. */
export function CryptoDiagWordsProvider({ words, children }: CryptoDiagWordsProviderProps) {
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

/** A component's own words go before those of the provider, and these before the English ones. */
export function useWords<Part extends keyof AllWords>(
  part: Part,
  own: Partial<AllWords[Part]> | undefined,
): AllWords[Part] {
  const provided = useContext(WordsContext)[part];
  return { ...ENGLISH_WORDS[part], ...withoutHoles(provided), ...withoutHoles(own) };
}

/** A translation that has no word yet gives `undefined`: that is no word. */
function withoutHoles<T extends object>(words: T | undefined): Partial<T> {
  const given = Object.entries(words ?? {}).filter(([, word]) => word !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
