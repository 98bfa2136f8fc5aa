// One core for all copies of the package in a page, if this version can use it.

import type { Core } from './core';

type Shape<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? 'function' : Shape<T[Name]>;
};

/** Everything this version calls on a core. A core that lacks any of it belongs to another version and is not used. */
const NEEDED: Shape<Core> = {
  start: 'function',
  install: 'function',
  entries: 'function',
  status: 'function',
  watchUploads: 'function',
  probeUploads: 'function',
  requests: { fetch: 'function' },
  loggedOut: 'function',
  keeping: { setEnabled: 'function', forget: 'function' },
  subscribe: 'function',
  snapshot: 'function',
  storage: { status: 'function', enter: 'function', request: 'function', refresh: 'function' },
  stores: { check: 'function' },
  tabs: { joinElection: 'function', enter: 'function', status: 'function', callRoll: 'function', summary: 'function' },
  frames: { watch: 'function', watchAll: 'function', blindSpots: 'function' },
  latency: { watch: 'function', flush: 'function' },
  reports: { build: 'function', collect: 'function' },
  repairOneTimeKeys: 'function',
  historySafety: 'function',
  captures: { start: 'function', mark: 'function', stop: 'function' },
};

/** The name of the first missing member; throws if reading one throws. */
function missingMember(found: unknown, needed: object, path = ''): string | undefined {
  for (const [name, kind] of Object.entries(needed)) {
    const value = Object(found)[name];
    const missing =
      typeof kind === 'string' ? typeof value !== kind && path + name : missingMember(value, kind, `${path}${name}.`);
    if (missing) return missing;
  }
  return undefined;
}

// Increase the number when a core has all the methods but older copies of the package still could not use it.
const KEY = 'lotus-crypto-diag/core/5';

/** Returns the page's core; without one, creates it and registers it for the page. */
export function shareCore(create: () => Core): Core {
  const page = globalThis as unknown as Record<symbol, unknown>;
  const reasons: unknown[] = [];
  // If the page has a core of another version, the copies of this version share a second core.
  let freeKey: symbol | undefined;
  for (const name of [KEY, `${KEY}/${__VERSION__}`]) {
    try {
      const key = Symbol.for(name);
      const found = page[key];
      if (found === undefined) {
        freeKey = key;
        break;
      }
      const missing = missingMember(found, NEEDED);
      if (!missing) return found as Core;
      throw new Error(`that one lacks ${missing}: this page has two versions, and each keeps its own evidence`);
    } catch (error) {
      reasons.push(error);
    }
  }
  const core = create();
  core.start('sharing with another copy of the package', () => {
    if (freeKey)
      Object.defineProperty(page, freeKey, { __proto__: null, value: core, configurable: true } as PropertyDescriptor);
    if (reasons.length > 0) throw reasons[0];
  });
  return core;
}
