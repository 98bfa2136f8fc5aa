// One core for all copies of the package in a page, as long as it is one that this version can use.

import type { Core } from './core';

type Shape<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? 'function' : Shape<T[Name]>;
};

/** All that this version calls of a core. One that lacks any of it is another version's, and is left alone. */
const NEEDED: Shape<Core> = {
  start: 'function',
  install: 'function',
  entries: 'function',
  status: 'function',
  watchUploads: 'function',
  probeUploads: 'function',
  requests: { fetch: 'function' },
  loggedOut: 'function',
  keeping: { turn: 'function', forget: 'function' },
  subscribe: 'function',
  snapshot: 'function',
  storage: { status: 'function', enter: 'function', request: 'function', refresh: 'function' },
  stores: { check: 'function' },
  tabs: { lead: 'function', enter: 'function', status: 'function', call: 'function', summary: 'function' },
  frames: { watch: 'function', watchAll: 'function', blindSpots: 'function' },
  latency: { watch: 'function', flush: 'function' },
  reports: { build: 'function', collect: 'function' },
  repairOneTimeKeys: 'function',
  historySafety: 'function',
  captures: { start: 'function', mark: 'function', stop: 'function' },
};

/** The name of the first thing that is missing; throws what reading it throws. */
function lacks(found: unknown, needed: object, path = ''): string | undefined {
  for (const [name, kind] of Object.entries(needed)) {
    const value = Object(found)[name];
    const missing =
      typeof kind === 'string' ? typeof value !== kind && path + name : lacks(value, kind, `${path}${name}.`);
    if (missing) return missing;
  }
  return undefined;
}

// The number changes when a copy of the package could not use the core of another though it has all the methods.
const KEY = 'lotus-crypto-diag/core/5';

/** The page's core, or the one that `create` makes, which is the page's from then on. */
export function shareCore(create: () => Core): Core {
  const page = globalThis as unknown as Record<symbol, unknown>;
  const reasons: unknown[] = [];
  // Beside the core of another version, the copies of this one have their own in common.
  let free: symbol | undefined;
  for (const name of [KEY, `${KEY}/${__VERSION__}`]) {
    try {
      const key = Symbol.for(name);
      const found = page[key];
      if (found === undefined) {
        free = key;
        break;
      }
      const missing = lacks(found, NEEDED);
      if (!missing) return found as Core;
      throw new Error(`that one lacks ${missing}: this page has two versions, and each keeps its own evidence`);
    } catch (error) {
      reasons.push(error);
    }
  }
  const core = create();
  core.start('sharing with another copy of the package', () => {
    if (free)
      Object.defineProperty(page, free, { __proto__: null, value: core, configurable: true } as PropertyDescriptor);
    if (reasons.length > 0) throw reasons[0];
  });
  return core;
}
