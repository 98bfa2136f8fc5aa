export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export { OtherTabBanner, type OtherTabBannerProps } from './OtherTabBanner';
export { TabGate, type TabGateProps } from './TabGate';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
export { type TabLeadershipState, useTabLeadership } from './useTabLeadership';
export { type CryptoDiagWords, ENGLISH, ENGLISH_TABS, type TabWords } from './words';
