// A real client of the SDK, set up like Cinny's: the session in localStorage, everything else in IndexedDB.
import { checkCryptoStore } from 'lotus-crypto-diag';
import { createClient, IndexedDBStore } from 'matrix-js-sdk';

import type { Device, Login } from './session';

export type Session = { baseUrl: string; userId: string; deviceId: string; accessToken: string };

export async function requestSession({ homeserver: baseUrl, user, password }: Login): Promise<Session> {
  const answer = await createClient({ baseUrl }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password,
    initial_device_display_name: 'lotus-crypto-diag demo',
  });
  return { baseUrl, userId: answer.user_id, deviceId: answer.device_id, accessToken: answer.access_token };
}

/** @param onLogout called when the session has ended */
export async function resume(session: Session, onLogout: () => void): Promise<Device> {
  void checkCryptoStore(session);
  const store = new IndexedDBStore({ indexedDB, localStorage, dbName: 'web-sync-store' });
  const mx = createClient({ ...session, store });
  await store.startup();
  await mx.initRustCrypto();
  void checkCryptoStore(mx);
  await mx.startClient({ lazyLoadMembers: true });
  return {
    mx,
    async evict() {
      mx.stopClient();
      const databases = (await indexedDB.databases()).flatMap(({ name = '' }) => [name]);
      for (const name of databases.filter((known) => known.includes('matrix-sdk-crypto'))) {
        // This page holds the database open, so it is deleted with the reload.
        indexedDB.deleteDatabase(name);
      }
      location.reload();
    },
    async logout() {
      await mx.logout(true);
      await mx.clearStores();
      onLogout();
    },
  };
}
