import { Box, Button, Text } from 'folds';
import { ClientEvent, HttpApiEvent, type MatrixClient, SyncState } from 'matrix-js-sdk';
import React, { type ReactNode, useCallback, useEffect, useState } from 'react';

import { initClient, startClient } from '../../../client/initMatrix';
import { MatrixClientProvider } from '../../hooks/useMatrixClient';
import { getFallbackSession } from '../../state/sessions';

type ClientRootProps = {
  children: ReactNode;
};
export function ClientRoot({ children }: ClientRootProps) {
  const { baseUrl } = getFallbackSession() ?? {};
  const [mx, setMx] = useState<MatrixClient>();
  const [isPrepared, setPrepared] = useState(false);
  const [error, setError] = useState('');

  const load = useCallback(async () => {
    setError('');
    try {
      const session = getFallbackSession();
      if (!session) throw new Error('There is no session');
      setMx(await initClient(session));
    } catch (reason) {
      setError(String(reason));
    }
  }, []);

  useEffect(() => {
    void load();
  }, [load]);

  useEffect(() => {
    if (!mx) return undefined;
    const handleSync = (state: SyncState) => {
      if (state === SyncState.Prepared) setPrepared(true);
    };
    // The server no longer knows the device.
    const handleLoggedOut = async () => {
      mx.stopClient();
      await mx.clearStores();
      window.localStorage.clear();
      window.location.reload();
    };
    mx.on(ClientEvent.Sync, handleSync);
    mx.on(HttpApiEvent.SessionLoggedOut, handleLoggedOut);
    if (!mx.clientRunning) startClient(mx).catch((reason: unknown) => setError(String(reason)));
    return () => {
      mx.removeListener(ClientEvent.Sync, handleSync);
      mx.removeListener(HttpApiEvent.SessionLoggedOut, handleLoggedOut);
    };
  }, [mx]);

  if (error) {
    return (
      <Box direction="Column" gap="200">
        <Text role="alert">Failed to load. {error}</Text>
        <Button onClick={load}>
          <Text size="B400">Retry</Text>
        </Button>
      </Box>
    );
  }
  return !mx || !isPrepared ? (
    <Text>Heating up {baseUrl}</Text>
  ) : (
    <MatrixClientProvider value={mx}>{children}</MatrixClientProvider>
  );
}
