export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
export { useCryptoDiagnostics } from './useCryptoDiagnostics';
