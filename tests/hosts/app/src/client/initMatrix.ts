import { ClientEvent, createClient, IndexedDBStore, type MatrixClient, SyncState } from 'matrix-js-sdk';

import type { Session } from '../app/state/sessions';

export const initClient = async (session: Session): Promise<MatrixClient> => {
  const store = new IndexedDBStore({
    indexedDB: global.indexedDB,
    localStorage: global.localStorage,
    dbName: 'web-sync-store',
  });
  const mx = createClient({ ...session, store, timelineSupport: true });
  await store.startup();
  await mx.initRustCrypto();
  mx.setMaxListeners(50);
  return mx;
};

export const startClient = async (mx: MatrixClient) => {
  // The tests learn from these lines and this mark which tab runs a client.
  performance.mark('client started');
  console.info('client started');
  mx.on(ClientEvent.Sync, (state) => {
    if (state === SyncState.Stopped) console.info('client stopped');
  });
  await mx.startClient({ lazyLoadMembers: true });
};

export const logoutClient = async (mx: MatrixClient) => {
  mx.stopClient();
  try {
    await mx.logout();
  } catch {
    // The server may no longer know the device.
  }
  await mx.clearStores();
  window.localStorage.clear();
  window.location.reload();
};
