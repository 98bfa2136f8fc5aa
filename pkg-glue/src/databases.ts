// Which IndexedDB databases there are, without opening one: to open is to create.

import { explain, within } from './bounded';

/** The names, or why they are not known. */
export type Databases = { names: ReadonlySet<string>; error?: never } | { names?: never; error: string };

/** Asks at once: what the SDK makes a moment later is not among the names. Never rejects. */
export async function listDatabases(): Promise<Databases> {
  try {
    const factory = globalThis.indexedDB;
    if (!factory) return { error: 'this browser has no IndexedDB' };
    if (typeof factory.databases !== 'function') return { error: 'this browser has no indexedDB.databases()' };
    const found = await within('indexedDB.databases()', () => factory.databases());
    return { names: new Set(found.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))) };
  } catch (error) {
    return { error: explain(error) };
  }
}
