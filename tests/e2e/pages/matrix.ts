// A small Matrix client set up like Cinny's: the session in localStorage, everything else in IndexedDB.
import * as lib from 'lotus-crypto-diag';
import { ClientEvent, createClient, IndexedDBStore, type MatrixClient, SyncState } from 'matrix-js-sdk';
import { decodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api';
import { logger } from 'matrix-js-sdk/lib/logger';

import type { LabClient, Session } from './client-page';
import { conversation } from './conversation';
import { copyDatabase, deleteDatabase } from './store-copy';

const SESSION = 'session';
const copyOf = (name: string) => `copy of ${name}`;

async function cryptoDatabases(): Promise<string[]> {
  const names = (await indexedDB.databases()).flatMap(({ name = '' }) => [name]);
  return names.filter((name) => name.startsWith('matrix-js-sdk::matrix-sdk-crypto'));
}

let client: MatrixClient | undefined;
let recoveryKey: Uint8Array<ArrayBuffer> | undefined;

export function savedSession(): Session | undefined {
  const saved = localStorage.getItem(SESSION);
  return saved ? JSON.parse(saved) : undefined;
}

// `?token-in-query`: the client sends its token in the query.
const useAuthorizationHeader = !location.search.includes('token-in-query');

export async function start(session: Session): Promise<void> {
  const { baseUrl, userId, deviceId, accessToken } = session;
  const store = new IndexedDBStore({ indexedDB, localStorage, dbName: 'web-sync-store' });
  window.storeAtStart = lib.checkCryptoStore({ userId, deviceId });
  client = createClient({
    baseUrl,
    userId,
    deviceId,
    accessToken,
    useAuthorizationHeader,
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
  sdkVersion: SDK_VERSION,
  ...conversation(() => client),
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
  async loginSecondAccount(baseUrl, user, password) {
    const identifier = { type: 'm.id.user', user };
    const answer = await createClient({ baseUrl }).loginRequest({ type: 'm.login.password', identifier, password });
    const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer;
    const secondClient = createClient({ baseUrl, userId, deviceId, accessToken, useAuthorizationHeader });
    await secondClient.initRustCrypto({ useIndexedDB: false });
    await secondClient.startClient({ lazyLoadMembers: true, pollTimeout: 2000 });
    return { userId, deviceId };
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
    return key.encodedPrivateKey ?? '';
  },
  async restoreBackup(encoded) {
    const crypto = client?.getCrypto();
    if (!crypto) throw new Error('there is no encryption');
    recoveryKey = decodeRecoveryKey(encoded);
    await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    return (await crypto.restoreKeyBackup()).imported;
  },
  async writeMessage() {
    const roomId = await lab.createRoom([]);
    await lab.send(roomId, 'a message of the lab');
    return roomId;
  },
  // A loglevel method that the SDK's type does not declare.
  silenceLogger: () => (logger as unknown as { disableAll(): void }).disableAll(),
  async deleteDatabases(names) {
    for (const name of names) await deleteDatabase(name);
  },
  async copyStore() {
    for (const name of await cryptoDatabases()) await copyDatabase(name, copyOf(name));
  },
  async putStoreBack() {
    for (const name of await cryptoDatabases()) await copyDatabase(copyOf(name), name);
  },
  get client() {
    return client;
  },
};
