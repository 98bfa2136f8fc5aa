import { defineConfig } from '@playwright/test';

import pages from '../playwright.config';

// The same browser, without the servers of the other tests.
export default defineConfig({
  outputDir: '../../test-results/consumers',
  reporter: [['list']],
  workers: 1,
  timeout: 90_000,
  use: { launchOptions: pages.use?.launchOptions ?? {} },
});
