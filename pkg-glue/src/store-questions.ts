// Asks the browser whether a crypto store to which the page lost its connection is really gone. To the page, a connection
// that was closed by force looks the same while the data is still there; the browser lists only databases that exist.

import { steady } from './clock';
import { type Databases, listDatabases } from './databases';
import type { StoreOfDevice } from './engine';
import type { CryptoStoreStatus } from './generated/model';

/** The SDK fails at every sync; the browser need not be asked each time. */
const ASK_AGAIN_MS = 10_000;

/** The returned function asks about a store that may be gone, and tells `onAnswer`, where the browser gives one. */
export function createStoreQuestions(
  onAnswer: (device: StoreOfDevice, isListed: boolean) => void,
  list: () => Promise<Databases> = listDatabases,
): (status: CryptoStoreStatus) => void {
  const askedAt = new Map<string, number>();

  return ({ verdict, userId, deviceId, database }) => {
    if ((verdict !== 'evicted' && verdict !== 'connection-lost') || !userId || !deviceId || !database) return;
    const time = steady();
    if (time - (askedAt.get(database) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return;
    askedAt.set(database, time);
    void list().then(({ names }) => {
      if (names) onAnswer({ userId, deviceId, database }, names.has(database));
    });
  };
}
