// Whether a crypto store to which the page lost its connection is really gone. To the page, a connection that was closed by
// force looks the same while the data is still there; the browser lists only databases that exist.

import { steady } from './clock';
import { type Databases, listDatabases } from './databases';
import type { StoreOfDevice } from './engine';
import type { CryptoStoreStatus } from './generated/model';

/** The SDK fails at every sync; the browser need not be asked each time. */
const ASK_AGAIN_MS = 10_000;

/**
 * The returned function says what is known now: `false` before the first answer, and where the browser gives none. It asks
 * the browser by itself, and calls `onChange` when the answer is another. `onListed` is told first, of a store to which the
 * connection was lost.
 */
export function createGoneStores(
  onChange: () => void,
  list: () => Promise<Databases> = listDatabases,
  onListed: (device: StoreOfDevice, isListed: boolean) => void = () => {},
): (status: CryptoStoreStatus) => boolean {
  const gone = new Map<string, boolean>();
  const askedAt = new Map<string, number>();

  const ask = async ({ userId, deviceId, loss }: CryptoStoreStatus, database: string) => {
    const { names } = await list();
    if (!names) return;
    const isListed = names.has(database);
    const before = gone.get(database);
    gone.set(database, !isListed);
    if (loss && userId && deviceId) onListed({ userId, deviceId, database }, isListed);
    // That a store is there is news where the connection to it was lost.
    if ((loss ? before : (before ?? false)) !== !isListed) onChange();
  };

  return (status) => {
    const { verdict, database } = status;
    if ((verdict !== 'evicted' && verdict !== 'connection-lost') || !database) return false;
    if (steady() - (askedAt.get(database) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS) {
      askedAt.set(database, steady());
      void ask(status, database);
    }
    return gone.get(database) ?? false;
  };
}
