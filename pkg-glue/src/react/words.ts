// The texts of the components. Each component's texts are in their own file and are loaded with it.
/** Any subset of the texts, at every level. */
export type SomeOf<Words> = Words extends string | ((...parts: never) => string)
  ? Words
  : { [Name in keyof Words]?: SomeOf<Words[Name]> | undefined };

export { type CryptoDiagWords, ENGLISH } from './words-card';
export { ENGLISH_RECOVERY, type RecoveryWords } from './words-recovery';
export { ENGLISH_REPAIR, type RepairWords } from './words-repair';
export { ENGLISH_RETRY, type RetryWords } from './words-retry';
export { ENGLISH_STORE, type StoreWords } from './words-store';
export { ENGLISH_TABS, type TabWords } from './words-tabs';
