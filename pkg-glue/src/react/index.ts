export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export {
  type AllWords,
  CryptoDiagWordsProvider,
  type CryptoDiagWordsProviderProps,
  type SomeWords,
} from './CryptoDiagWordsProvider';
export { CryptoRecoveryPrompt, type CryptoRecoveryPromptProps } from './CryptoRecoveryPrompt';
export { CryptoStoreGate, type CryptoStoreGateProps } from './CryptoStoreGate';
export { DiagnosisText, type DiagnosisTextProps } from './DiagnosisText';
export { OtherTabBanner, type OtherTabBannerProps } from './OtherTabBanner';
export { TabGate, type TabGateProps } from './TabGate';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
export { type TabLeadershipState, useTabLeadership } from './useTabLeadership';
export {
  type CryptoDiagWords,
  ENGLISH,
  ENGLISH_RECOVERY,
  ENGLISH_STORE,
  ENGLISH_TABS,
  type RecoveryWords,
  type SomeOf,
  type StoreWords,
  type TabWords,
} from './words';
