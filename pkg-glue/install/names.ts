// The names of the added components, and how their files import React.

import type { Style } from './style';

export const NAMES = {
  card: 'CryptoDiagnosticsCard',
  gate: 'CryptoTabGate',
  recovery: 'CryptoRecovery',
  /** Gives the gate its client if the recovery, which also does so, is not installed. */
  watch: 'CryptoStoreWatch',
} as const;

export const reactImport = (style: Style, names: string[], types: string[] = []): string => {
  const values = style.importsTypes ? names : [...types, ...names];
  const parts = [...(style.importsReact ? ['React'] : []), ...(values.length > 0 ? [`{ ${values.join(', ')} }`] : [])];
  const typed = style.importsTypes && types.length > 0 ? `import type { ${types.join(', ')} } from 'react';\n` : '';
  return typed + (parts.length > 0 ? `import ${parts.join(', ')} from 'react';\n` : '');
};
