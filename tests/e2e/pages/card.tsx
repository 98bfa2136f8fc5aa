import 'lotus-crypto-diag/auto';
import 'folds/dist/style.css';
import { lightTheme } from 'folds';
import * as lib from 'lotus-crypto-diag';
import { CryptoDiagnostics, CryptoRecoveryPrompt } from 'lotus-crypto-diag/react';
import { createRoot } from 'react-dom/client';

window.lib = lib;
document.body.className = lightTheme;
createRoot(document.getElementById('root') as HTMLElement).render(
  // `?app`: what an app renders on every screen, which does not include the card.
  location.search.includes('app') ? (
    <CryptoRecoveryPrompt mx={{}} onLogout={async () => {}} />
  ) : (
    <CryptoDiagnostics mx={null} embedded={location.search.includes('embedded')} />
  ),
);
