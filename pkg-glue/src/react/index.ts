export { useCryptoDiagnostics } from './useCryptoDiagnostics';
export { CryptoDiagnostics, type CryptoDiagnosticsProps } from './CryptoDiagnostics';
