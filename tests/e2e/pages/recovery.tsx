// The recovery prompt with a client that says little, and a logout that does what the address says.
import 'lotus-crypto-diag/auto';
import 'folds/dist/style.css';
import { lightTheme } from 'folds';
import * as lib from 'lotus-crypto-diag';
import { CryptoDiagnostics, CryptoRecoveryPrompt } from 'lotus-crypto-diag/react';
import { createRoot } from 'react-dom/client';

const mx = { getUserId: () => '@a:hs', getDeviceId: () => 'D', getCrypto: () => ({}) };

async function logout() {
  window.logouts += 1;
  if (location.search.includes('hang')) await new Promise(() => {});
}

window.lib = lib;
window.logouts = 0;
document.body.className = lightTheme;
createRoot(document.getElementById('root') as HTMLElement).render(
  <>
    <CryptoRecoveryPrompt mx={mx} onLogout={logout} />
    <CryptoDiagnostics mx={mx} />
  </>,
);
