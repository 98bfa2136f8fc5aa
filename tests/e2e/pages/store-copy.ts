// Copies IndexedDB databases, to restore an older crypto store as a restored disk or profile does.

const settled = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export async function deleteDatabase(name: string): Promise<void> {
  const request = indexedDB.deleteDatabase(name);
  await new Promise<void>((resolve) => {
    // Blocked means the page still holds it open: it is deleted when the connection closes.
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}

/** Replaces the database `to` with a copy of `from`: same version, stores, indexes, keys and values. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = await settled(indexedDB.open(from));
  const names = [...source.objectStoreNames];
  if (names.length === 0) throw new Error(`${from} is not there`);
  const reading = source.transaction(names);
  const stores = await Promise.all(
    names.map(async (name) => {
      const store = reading.objectStore(name);
      const indexes = [...store.indexNames].map((index) => {
        const { keyPath, multiEntry, unique } = store.index(index);
        return { name: index, keyPath, options: { multiEntry, unique } };
      });
      const { keyPath, autoIncrement } = store;
      const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
      return { name, indexes, options: { keyPath, autoIncrement }, keys, values };
    }),
  );
  const { version } = source;
  source.close();

  await deleteDatabase(to);
  const opening = indexedDB.open(to, version);
  opening.onupgradeneeded = () => {
    for (const { name, options, indexes, keys, values } of stores) {
      const store = opening.result.createObjectStore(name, options);
      for (const index of indexes) store.createIndex(index.name, index.keyPath, index.options);
      for (const [at, value] of values.entries()) {
        if (options.keyPath === null) store.put(value, keys[at]);
        else store.put(value);
      }
    }
  };
  (await settled(opening)).close();
}
