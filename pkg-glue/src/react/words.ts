// The words that a person sees. Each component's stand in a file of their own, and are loaded with it.
/** Some of the words, in groups that need not be whole either. */
export type SomeOf<Words> = Words extends string | ((...parts: never) => string)
  ? Words
  : { [Name in keyof Words]?: SomeOf<Words[Name]> | undefined };

export { type CryptoDiagWords, ENGLISH } from './words-card';
export { ENGLISH_RECOVERY, type RecoveryWords } from './words-recovery';
export { ENGLISH_REPAIR, type RepairWords } from './words-repair';
export { ENGLISH_RETRY, type RetryWords } from './words-retry';
export { ENGLISH_STORE, type StoreWords } from './words-store';
export { ENGLISH_TABS, type TabWords } from './words-tabs';
