// A small Matrix client in the manner of Cinny: the session in localStorage, everything else in IndexedDB.
import * as lib from 'lotus-crypto-diag';
import { ClientEvent, createClient, IndexedDBStore, type MatrixClient, SyncState } from 'matrix-js-sdk';
import { logger } from 'matrix-js-sdk/lib/logger';

import type { LabClient, Session } from './client-page';

const SESSION = 'session';

let client: MatrixClient | undefined;
let recoveryKey: Uint8Array<ArrayBuffer> | undefined;

export function savedSession(): Session | undefined {
  const saved = localStorage.getItem(SESSION);
  return saved ? JSON.parse(saved) : undefined;
}

export async function start(session: Session): Promise<void> {
  const { baseUrl, userId, deviceId, accessToken } = session;
  const store = new IndexedDBStore({ indexedDB, localStorage, dbName: 'web-sync-store' });
  void lib.checkCryptoStore({ userId, deviceId });
  client = createClient({
    baseUrl,
    userId,
    deviceId,
    accessToken,
    store,
    cryptoCallbacks: {
      getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0] ?? '', recoveryKey ?? new Uint8Array()],
    },
  });
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
  async setUpBackup() {
    const crypto = client?.getCrypto();
    const key = await crypto?.createRecoveryKeyFromPassphrase();
    if (!crypto || !key) throw new Error('there is no encryption');
    recoveryKey = key.privateKey;
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: async (send) => void (await send(null)) });
    await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => key, setupNewKeyBackup: true });
  },
  async writeMessage() {
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
    const room = await client?.createRoom({ initial_state: [encryption] });
    if (!room) throw new Error('there is no client');
    // The room has to come back with a sync before it is known to be encrypted.
    while (!client?.getRoom(room.room_id)?.hasEncryptionStateEvent()) await new Promise((done) => setTimeout(done, 50));
    await client.sendTextMessage(room.room_id, 'a message of the lab');
    return room.room_id;
  },
  // Loglevel's, which the SDK's own type does not tell.
  silenceLogger: () => (logger as unknown as { disableAll(): void }).disableAll(),
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
