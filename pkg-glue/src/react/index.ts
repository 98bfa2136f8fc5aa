export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export { type CryptoDiagWords, ENGLISH } from './words';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
