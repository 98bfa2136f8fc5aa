import { defineConfig } from '@playwright/test';

import base from '../playwright.config';

const homeserver = [base.webServer ?? []].flat().filter(({ command }) => command.includes('homeserver'));

// The package in hosts built for production, against a real homeserver.
export default defineConfig({
  projects: [
    { name: 'classic', use: { baseURL: 'http://127.0.0.1:4211' } },
    // The same sources in another tool chain: that affects only whether the app builds, starts and works.
    { name: 'newest', testMatch: 'host.spec.ts', use: { baseURL: 'http://127.0.0.1:4212' } },
  ],
  outputDir: '../../test-results/hosts',
  reporter: [['list']],
  fullyParallel: true,
  workers: 2,
  retries: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: { launchOptions: base.use?.launchOptions ?? {} },
  webServer: [
    {
      command: 'node server.mjs',
      url: 'http://127.0.0.1:4212',
      stdout: 'pipe',
      timeout: 300_000,
    },
    ...homeserver.map((server) => ({ ...server, cwd: '..' })),
  ],
});
