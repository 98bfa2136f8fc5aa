// What an engine cannot do, or does otherwise. A test that meets one of these holds that the report says so.
import type { EngineName } from './driver/engines';

export const DIFFERENCES = {
  /** The first script of a frame's page runs before anybody else can have its console, unless `src` came before the frame. */
  firstScriptOfAFrameIsMissed: ['webkit'],
  /** `navigator.storage` is not there. */
  noStorageManager: ['webkit'],
  /** With a content process that ends, the WebDriver server ends the session: `crash.spec.ts` does without it. */
  aCrashEndsTheDriver: ['webkit'],
  /** Storage is no process of its own that could end under a page: `network.spec.ts` has nothing to end. */
  storageEndsWithTheBrowser: ['chromium', 'firefox'],
  /** A page whose connection to IndexedDB was lost is told of no databases until it is loaded anew; opening one fails. */
  aLostConnectionListsNothing: ['webkit'],
} as const satisfies Record<string, readonly EngineName[]>;

export const differs = (engine: EngineName, what: keyof typeof DIFFERENCES): boolean =>
  (DIFFERENCES[what] as readonly EngineName[]).includes(engine);
