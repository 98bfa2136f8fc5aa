// A client behind the tab gate, as in an app; `?store-gate`: also behind the gate for a deleted crypto store.
import 'lotus-crypto-diag/auto';
import 'folds/dist/style.css';
import { configClass, lightTheme, varsClass } from 'folds';
import * as lib from 'lotus-crypto-diag';
import { CryptoDiagnostics, CryptoRecoveryPrompt, CryptoStoreGate, TabGate } from 'lotus-crypto-diag/react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { lab, savedSession, start, stop } from './matrix';

const opened: string[] = [];
const { open } = IDBFactory.prototype;
IDBFactory.prototype.open = function (...args) {
  opened.push(args[0]);
  return open.apply(this, args);
};

const session = savedSession();

async function logout() {
  window.logouts += 1;
  if (window.logoutHangs) await new Promise(() => {});
  await lab.logout();
}

function handleLost() {
  if (window.failsToStop) throw new Error('the client does not stop');
  stop();
}

function Client() {
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    if (session) void start(session).then(() => setReady(true));
    return stop;
  }, []);
  return (
    <main data-testid="client" data-ready={isReady}>
      {lab.client && <CryptoRecoveryPrompt mx={lab.client} onLogout={logout} extras={{ app: 'Gated app' }} />}
      <CryptoDiagnostics mx={lab.client ?? null} />
    </main>
  );
}

function readName() {
  const stored = savedSession();
  return stored ? `${stored.userId} ${stored.deviceId}` : null;
}

async function signOut() {
  if (!session) return;
  await lib.logOutDevice(session.baseUrl, session.accessToken);
  localStorage.removeItem('session');
  location.reload();
}

const guarded =
  session && location.search.includes('store-gate') ? (
    <CryptoStoreGate
      userId={session.userId}
      deviceId={session.deviceId}
      appName="Lotus"
      onSignOut={signOut}
      allowAnyway
    >
      <Client />
    </CryptoStoreGate>
  ) : (
    <Client />
  );

const app = (
  <TabGate
    name={`${session?.userId} ${session?.deviceId}`}
    readName={readName}
    appName="Lotus"
    {...(location.search.includes('default') ? {} : { canYield: () => window.busy ?? true })}
    onLost={handleLost}
    allowAnyway
  >
    {guarded}
  </TabGate>
);

window.lab = lab;
window.lib = lib;
window.opened = opened;
window.logouts = 0;
document.body.className = `${configClass} ${varsClass} ${lightTheme}`;
document.body.style.margin = '0';
const root = createRoot(document.getElementById('root') as HTMLElement);
// Without strict mode, as in an app whose effects start the client: mounted twice, they would start it twice.
root.render(location.search.includes('strict') ? <StrictMode>{app}</StrictMode> : app);
