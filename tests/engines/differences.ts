// What an engine cannot do, or does differently. A test that meets such a difference checks that the report says so.
import type { EngineName } from './driver/engines';

export const DIFFERENCES = {
  /**
   * The first script of a frame's page runs before other code can reach the frame's console, unless `src` was set
   * before the frame was added.
   */
  firstScriptOfAFrameIsMissed: ['webkit'],
  /** `navigator.storage` is missing. */
  noStorageManager: ['webkit'],
  /** When a content process ends, the WebDriver server ends the session: `crash.spec.ts` works without one. */
  aCrashEndsTheDriver: ['webkit'],
  /** Storage has no process of its own that could end under a page: `network.spec.ts` has nothing to kill. */
  storageEndsWithTheBrowser: ['chromium', 'firefox'],
  /**
   * After its connection to IndexedDB was lost, a page sees an empty list of databases until it is reloaded; opening
   * one fails.
   */
  aLostConnectionListsNothing: ['webkit'],
  /** Whatever script runs while a tab is being closed may be ended: then nobody says that the tab was closed. */
  endsTheScriptsOfAClosedTab: ['firefox'],
} as const satisfies Record<string, readonly EngineName[]>;

export const differs = (engine: EngineName, what: keyof typeof DIFFERENCES): boolean =>
  (DIFFERENCES[what] as readonly EngineName[]).includes(engine);
