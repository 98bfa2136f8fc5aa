// The recovery prompt with a minimal client, and a logout that depends on the query. `?safe`: a client with nothing to
// lose, which a logout stops, like the SDK's: afterwards it does not answer. `?export`: a client that exports its room
// keys. `?recovery-key` and `?locked`: a backup that the client does not use, with and without a recovery key.
// `?inline`: the prompt is placed in the page.
import 'lotus-crypto-diag/auto';
import 'folds/dist/style.css';
import { configClass, lightTheme, varsClass } from 'folds';
import * as lib from 'lotus-crypto-diag';
import { CryptoDiagnostics, CryptoRecoveryPrompt } from 'lotus-crypto-diag/react';
import { createRoot } from 'react-dom/client';

const nothingToLose = {
  getActiveSessionBackupVersion: async () => null,
  getKeyBackupInfo: async () => null,
  isSecretStorageReady: async () => false,
  olmMachine: { roomKeyCounts: async () => ({ total: 0, backedUp: 0 }) },
};
const exporting = {
  exportRoomKeysAsJson: async () => '[]',
  olmMachine: { constructor: { encryptExportedRoomKeys: (keys: string) => keys } },
};
const backedUp = { ...nothingToLose, getKeyBackupInfo: async () => ({ version: '1' }) };
const withRecoveryKey = { ...backedUp, isSecretStorageReady: async () => true };
const answersOf = { safe: nothingToLose, export: exporting, 'recovery-key': withRecoveryKey, locked: backedUp };
let answers: object = Object.entries(answersOf).find(([name]) => location.search.includes(name))?.[1] ?? {};
const opened = new Set<string>();
const findEventById = (id: string) => ({ isDecryptionFailure: () => !opened.has(id) });
const mx = {
  getUserId: () => '@a:hs',
  getDeviceId: () => 'D',
  getCrypto: () => answers,
  getRoom: () => ({ findEventById }),
};

async function logout() {
  answers = {};
  window.logouts += 1;
  if (location.search.includes('hang')) await new Promise(() => {});
  if (location.search.includes('fail')) throw new Error('the server said no');
}

window.lib = lib;
window.openedEvents = opened;
window.logouts = 0;
document.body.style.margin = '0';
document.body.className = `${configClass} ${varsClass} ${lightTheme}`;
createRoot(document.getElementById('root') as HTMLElement).render(
  <>
    <CryptoRecoveryPrompt mx={mx} onLogout={logout} placement={location.search.includes('inline') ? 'inline' : 'top'} />
    <CryptoDiagnostics mx={mx} />
  </>,
);
