// What removes the stored evidence of this page's device. Expects the homeserver's `/logout` to be routed.
import type { Page } from '@playwright/test';

export const REMOVALS: Record<string, (page: Page) => Promise<unknown>> = {
  'keepEvidence(false)': (page) => page.evaluate(() => window.lib.keepEvidence(false)),
  'a logout': (page) => page.evaluate(() => fetch('/_matrix/client/v3/logout', { method: 'POST' })),
};
