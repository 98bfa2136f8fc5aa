export type CryptoDiagnosticsProps = { mx?: unknown };
export function CryptoDiagnostics(_: CryptoDiagnosticsProps) {
  return null;
}
