// A page that is idle only when the test says so.
import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** Runs the idle callbacks that the page has requested until now. */
    runIdleCallbacks(): void;
    pendingIdleCallbacks(): number;
  }
}

/** For pages that are opened after this. */
export async function controlIdleTime(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const requested: IdleRequestCallback[] = [];
    window.requestIdleCallback = (callback) => requested.push(callback);
    window.pendingIdleCallbacks = () => requested.length;
    window.runIdleCallbacks = () => {
      for (const callback of requested.splice(0)) callback({ didTimeout: false, timeRemaining: () => 50 });
    };
  });
}
