import { explain, within } from './bounded';
import { core } from './core';
import { type Databases, listDatabases } from './databases';
import type { CryptoStoreStatus } from './generated/model';
import { cryptoOf, type MatrixClientLike } from './matrix-client';

/** A device of which there is no client yet. */
export interface DeviceIds {
  userId: string;
  deviceId: string;
}

export interface CryptoStoreOptions {
  /**
   * What the host passes to the SDK as `cryptoDatabasePrefix`. Unless it is given: `matrix-js-sdk`, or, for a client whose
   * encryption runs and which has no database of that name, the one that belongs to its user.
   */
  databasePrefix?: string;
  /**
   * When the session was logged in (milliseconds since 1970), where the host keeps it: a store that was last seen before that
   * belonged to another device of the same id.
   */
  loggedInAt?: number;
}

/** What the SDK puts after the prefix. */
const SUFFIX = '::matrix-sdk-crypto';
const USUAL_DATABASE = `matrix-js-sdk${SUFFIX}`;

/**
 * Whether the device still has the crypto store that it had. Best called twice, without waiting for it: with the ids
 * before the client is made, and with the client after; given a client whose encryption is not running yet, it goes on
 * by itself when it is. Creates and deletes no database. Never rejects; takes a few seconds at most.
 */
export async function checkCryptoStore(
  target: MatrixClientLike | DeviceIds,
  options?: CryptoStoreOptions,
): Promise<CryptoStoreStatus> {
  try {
    return await check(target, options);
  } catch (error) {
    return { ...UNKNOWN, error: explain(error) };
  }
}

const UNKNOWN: CryptoStoreStatus = {
  verdict: 'unknown',
  since: null,
  userId: null,
  deviceId: null,
  database: null,
  databaseExisted: null,
  identity: 'not-compared',
  lastHealthy: null,
  loss: null,
  databaseListed: null,
  keysDeleted: false,
  trouble: null,
  error: null,
};

async function check(target: MatrixClientLike | DeviceIds, options?: CryptoStoreOptions): Promise<CryptoStoreStatus> {
  const mx = isClient(target) ? target : undefined;
  const [userId, deviceId] = isClient(target)
    ? [target.getUserId?.(), target.getDeviceId?.()]
    : [target.userId, target.deviceId];
  if (typeof userId !== 'string' || typeof deviceId !== 'string') {
    return { ...UNKNOWN, error: 'the client names no user and device' };
  }

  const { stores } = core();
  const prefix = options?.databasePrefix;
  const named = prefix === undefined ? stores.status(userId, deviceId)?.database : `${prefix}${SUFFIX}`;
  const { database, unclear } =
    !named && mx && isEncrypting(mx)
      ? await databaseOf({ userId, deviceId })
      : { database: named || USUAL_DATABASE, unclear: undefined };
  const device = { userId, deviceId, database };
  if (stores.status(userId, deviceId)?.database !== database) {
    const key = keyOf(device);
    const asked = stores.asked.get(key) ?? databasesBefore(mx);
    stores.asked.set(key, asked);
    const found = await asked;
    stores.found(device, unclear ? undefined : found.names?.has(database), unclear ?? found.error);
  } else {
    // Nothing new is found; but this is the device that the page is at.
    stores.found(device, undefined, undefined);
  }

  let error: string | undefined;
  if (mx) {
    error = await compare(mx, device);
    follow(mx, device);
  }
  const status = stores.status(userId, deviceId) ?? { ...UNKNOWN, error: core().status().reason };
  return { ...status, error: status.error ?? error ?? null };
}

/**
 * The database of a device whose host did not name it, while its client has one open. A host may use a prefix and leave it to
 * the card and the report to look: the usual name would then be missed at every start, as if the keys had been deleted.
 */
async function databaseOf({
  userId,
  deviceId,
}: DeviceIds): Promise<{ database: string; unclear?: string | undefined }> {
  const { stores } = core();
  const usual = { database: USUAL_DATABASE };
  // Somebody asked about it before the client was there.
  if (stores.asked.has(keyOf({ userId, deviceId, ...usual }))) return usual;
  const { names, error } = await listDatabases();
  const known = stores.status(userId, deviceId)?.database;
  if (known) return { database: known };
  if (!names) return { ...usual, unclear: error };
  const found = [...names].filter((name) => name.endsWith(SUFFIX));
  if (found.length === 0 || found.includes(USUAL_DATABASE)) return usual;
  const [own, ...more] = found.length === 1 ? found : found.filter((name) => name.includes(userId));
  if (own !== undefined && more.length === 0) return { database: own };
  return { ...usual, unclear: 'the app has not said which of the crypto stores is this one (databasePrefix)' };
}

function isEncrypting(mx: MatrixClientLike): boolean {
  try {
    return Boolean(cryptoOf(mx));
  } catch {
    return false;
  }
}

const keyOf = ({ userId, deviceId, database }: Device): string => [userId, deviceId, database].join();

/** The databases as they were before the SDK opened its own. */
function databasesBefore(mx: MatrixClientLike | undefined): Promise<Databases> | Databases {
  const { stores } = core();
  const atBoot = stores.takeDatabasesAtBoot();
  if (atBoot) return atBoot;
  if (mx && cryptoOf(mx)) return { error: 'asked too late: the SDK had opened its store' };
  return listDatabases();
}

type Device = DeviceIds & { database: string };

/** Gives the reason where the keys could not be compared. */
async function compare(mx: MatrixClientLike, device: Device): Promise<string | undefined> {
  try {
    const crypto = cryptoOf(mx);
    if (!crypto) return undefined;
    const keys = await within('getOwnDeviceKeys()', () => crypto.getOwnDeviceKeys?.());
    const { ed25519, curve25519 } = Object(keys);
    if (typeof ed25519 !== 'string' || typeof curve25519 !== 'string') return 'the client tells no identity keys';
    core().stores.compare(device, ed25519, curve25519);
    return undefined;
  } catch (error) {
    return explain(error);
  }
}

const followed = new WeakSet<object>();

/** Compares the keys as soon as the client syncs with its encryption running, and hears that the device is logged out. */
function follow(mx: MatrixClientLike, device: Device): void {
  if (followed.has(mx) || typeof mx.on !== 'function') return;
  followed.add(mx);
  const handleSync = () => {
    try {
      if (!cryptoOf(mx)) return;
      mx.off?.('sync', handleSync);
      void compare(mx, device);
    } catch {
      // The next sync is another chance.
    }
  };
  try {
    mx.on('Session.logged_out', (error: unknown) => {
      // A soft logout keeps the device.
      if (!Object(Object(error).data).soft_logout) core().loggedOut(device.userId, device.deviceId);
    });
    if (!cryptoOf(mx)) mx.on('sync', handleSync);
  } catch {
    // It tells nothing of itself.
  }
}

const isClient = (target: MatrixClientLike | DeviceIds): target is MatrixClientLike => 'getUserId' in target;
