export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
export { type CryptoDiagWords, ENGLISH } from './words';
