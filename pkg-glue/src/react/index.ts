export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export { CryptoRecoveryPrompt, type CryptoRecoveryPromptProps } from './CryptoRecoveryPrompt';
export { OtherTabBanner, type OtherTabBannerProps } from './OtherTabBanner';
export { TabGate, type TabGateProps } from './TabGate';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
export { type TabLeadershipState, useTabLeadership } from './useTabLeadership';
export {
  type CryptoDiagWords,
  ENGLISH,
  ENGLISH_RECOVERY,
  ENGLISH_TABS,
  type RecoveryWords,
  type TabWords,
} from './words';
