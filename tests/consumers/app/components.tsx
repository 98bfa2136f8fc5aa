// Each component as a host uses it: whether JSX accepts it depends on the compiler and on React's types.
import {
  CryptoDiagnostics,
  CryptoDiagWordsProvider,
  CryptoRecoveryPrompt,
  CryptoStoreGate,
  DiagnosisText,
  OtherTabBanner,
  TabGate,
} from 'lotus-crypto-diag/react';
// biome-ignore lint/style/useImportType: Cinny's JSX transform refers to `React`.
import React from 'react';

type HostProps = { children: React.ReactNode };
export function Host({ children }: HostProps) {
  return (
    <CryptoDiagWordsProvider words={{ card: { title: 'Verschlüsselung' } }}>
      <OtherTabBanner appName="Lotus" />
      <TabGate name="@alice:example.org ALICEDEVICE" appName="Lotus" onLost={() => {}}>
        <CryptoStoreGate userId="@alice:example.org" deviceId="ALICEDEVICE" appName="Lotus" onSignOut={() => {}}>
          {children}
        </CryptoStoreGate>
        <CryptoRecoveryPrompt mx={{}} onLogout={() => {}} repair={false} />
        <p>
          <DiagnosisText>{'The client uses another `fetch` than the page.'}</DiagnosisText>
        </p>
        <CryptoDiagnostics mx={{}} extras={{ app: 'Lotus 4.11.1', sdkVersion: '41.7.0' }} embedded />
      </TabGate>
    </CryptoDiagWordsProvider>
  );
}

// @ts-expect-error: it has no such property. Were its types not found, everything would be allowed.
export const wrong = <TabGate nothing />;
