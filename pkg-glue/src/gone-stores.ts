// Whether a crypto store that counts as evicted is really gone. To the page, a connection that was closed by force looks the
// same while the data is still there; the browser lists only databases that exist.

import { steady } from './clock';
import { type Databases, listDatabases } from './databases';
import type { CryptoStoreStatus } from './generated/model';

/** The SDK fails at every sync; the browser need not be asked each time. */
const ASK_AGAIN_MS = 10_000;

/**
 * The returned function says what is known now: `false` before the first answer, and where the browser gives none. It asks
 * the browser by itself, and calls `onChange` when the answer is another.
 */
export function createGoneStores(
  onChange: () => void,
  list: () => Promise<Databases> = listDatabases,
): (status: CryptoStoreStatus) => boolean {
  const gone = new Set<string>();
  const askedAt = new Map<string, number>();

  const ask = async (database: string) => {
    const { names } = await list();
    if (!names || gone.has(database) === !names.has(database)) return;
    if (names.has(database)) gone.delete(database);
    else gone.add(database);
    onChange();
  };

  return ({ verdict, database }) => {
    if (verdict !== 'evicted' || !database) return false;
    if (steady() - (askedAt.get(database) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS) {
      askedAt.set(database, steady());
      void ask(database);
    }
    return gone.has(database);
  };
}
