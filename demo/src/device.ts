// The part of a Matrix client that the library needs; in an app this is a real client. Its device id is in localStorage
// and its identity keys are in a database with the SDK's name, so that they can be lost as in an app.
import { checkCryptoStore, type MatrixClientLike } from 'lotus-crypto-diag';

const DATABASE = 'matrix-js-sdk::matrix-sdk-crypto';
const DEVICE_ID = 'demo-device-id';
const USER_ID = '@you:example.org';

type Keys = { ed25519: string; curve25519: string };

const settled = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const randomText = (bytes: number) =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replace(/=+$/, '');

async function openStore(): Promise<Keys> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  const database = await settled(opening);
  database.onversionchange = () => database.close();
  const store = database.transaction('keys', 'readwrite').objectStore('keys');
  const stored: Keys | undefined = await settled(store.get('identity'));
  if (stored) return stored;
  const keys = { ed25519: randomText(32), curve25519: randomText(32) };
  await settled(store.put(keys, 'identity'));
  return keys;
}

function deviceId(): string {
  const stored = localStorage.getItem(DEVICE_ID);
  if (stored) return stored;
  const fresh = `DEMO${randomText(6)
    .replace(/[^A-Za-z]/g, 'X')
    .toUpperCase()}`;
  localStorage.setItem(DEVICE_ID, fresh);
  return fresh;
}

let keys: Keys | undefined;

const mx = {
  getUserId: () => USER_ID,
  getDeviceId: deviceId,
  getSyncState: () => 'SYNCING',
  getCrypto: () =>
    keys && {
      getOwnDeviceKeys: async () => keys,
      getActiveSessionBackupVersion: async () => null,
      getKeyBackupInfo: async () => null,
      isSecretStorageReady: async () => false,
    },
} satisfies MatrixClientLike;

export const standIn = {
  mx,
  /** Like an app that starts its client: checks the store before opening it, and compares the keys afterwards. */
  async start(): Promise<void> {
    void checkCryptoStore({ userId: USER_ID, deviceId: deviceId() });
    keys = await openStore();
    await checkCryptoStore(mx);
  },
  async evict(): Promise<void> {
    await settled(indexedDB.deleteDatabase(DATABASE));
    location.reload();
  },
  /** The next start creates a new device. */
  async logout(): Promise<void> {
    localStorage.removeItem(DEVICE_ID);
    await standIn.evict();
  },
  /** Leaves the store's name to a real client. */
  async forget(): Promise<void> {
    localStorage.removeItem(DEVICE_ID);
    await settled(indexedDB.deleteDatabase(DATABASE));
  },
};
