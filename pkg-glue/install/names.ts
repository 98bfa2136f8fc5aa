// The names of the components that are added, and how their files import React.

import type { Style } from './style';

export const NAMES = {
  card: 'CryptoDiagnosticsCard',
  gate: 'CryptoTabGate',
  recovery: 'CryptoRecovery',
  /** Gives the gate its client where the recovery, which does so too, is left out. */
  watch: 'CryptoStoreWatch',
} as const;

export const reactImport = (style: Style, names: string[], types: string[] = []): string => {
  const values = style.importsTypes ? names : [...types, ...names];
  const parts = [...(style.importsReact ? ['React'] : []), ...(values.length > 0 ? [`{ ${values.join(', ')} }`] : [])];
  const typed = style.importsTypes && types.length > 0 ? `import type { ${types.join(', ')} } from 'react';\n` : '';
  return typed + (parts.length > 0 ? `import ${parts.join(', ')} from 'react';\n` : '');
};
