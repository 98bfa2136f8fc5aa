// A small Matrix client in the manner of Cinny: the session in localStorage, everything else in IndexedDB.
import * as lib from 'lotus-crypto-diag';
import { ClientEvent, createClient, IndexedDBStore, type MatrixClient, SyncState } from 'matrix-js-sdk';

import type { LabClient, Session } from './client-page';

const SESSION = 'session';

let client: MatrixClient | undefined;

export function savedSession(): Session | undefined {
  const saved = localStorage.getItem(SESSION);
  return saved ? JSON.parse(saved) : undefined;
}

export async function start(session: Session): Promise<void> {
  const { baseUrl, userId, deviceId, accessToken } = session;
  const store = new IndexedDBStore({ indexedDB, localStorage, dbName: 'web-sync-store' });
  void lib.checkCryptoStore({ userId, deviceId });
  client = createClient({ baseUrl, userId, deviceId, accessToken, store });
  await store.startup();
  void lib.checkCryptoStore(client);
  await client.initRustCrypto();
  await client.startClient({ lazyLoadMembers: true, pollTimeout: 2000 });
}

export function stop(): void {
  client?.stopClient();
  client = undefined;
}

export const lab: LabClient = {
  async login(baseUrl, user, password, deviceId) {
    const answer = await createClient({ baseUrl }).loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      ...(deviceId === undefined ? {} : { device_id: deviceId }),
    });
    const session = { baseUrl, userId: answer.user_id, deviceId: answer.device_id, accessToken: answer.access_token };
    localStorage.setItem(SESSION, JSON.stringify(session));
    await start(session);
    return { userId: session.userId, deviceId: session.deviceId };
  },
  async logout() {
    await client?.logout(true);
    await client?.clearStores();
    localStorage.removeItem(SESSION);
    client = undefined;
  },
  synced: () =>
    new Promise((resolve) => {
      if (!client || client.getSyncState() === SyncState.Syncing) return resolve();
      const handleSync = (state: SyncState) => {
        if (state !== SyncState.Syncing) return;
        client?.off(ClientEvent.Sync, handleSync);
        resolve();
      };
      client.on(ClientEvent.Sync, handleSync);
    }),
  async deleteDatabases(names) {
    for (const name of names) {
      await new Promise<void>((resolve) => {
        const request = indexedDB.deleteDatabase(name);
        // Blocked: the page still holds it open, and it goes when the connection is closed.
        request.onsuccess = request.onerror = request.onblocked = () => resolve();
      });
    }
  },
  get client() {
    return client;
  },
};
