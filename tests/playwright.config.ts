import { defineConfig } from '@playwright/test';

import type { EngineName } from './engines/driver/engines';

const NEWEST_SDK = { baseURL: 'http://127.0.0.1:4199/sdk-newest/' };
// Only when asked: `make record` writes fixtures.
const sdk = process.env['RECORD'];
const record = {
  name: 'record',
  testDir: 'homeserver/record',
  timeout: 300_000,
  ...(sdk === 'newest' && { use: NEWEST_SDK }),
};

const ENGINES: EngineName[] = ['chromium', 'firefox', 'webkit'];

export default defineConfig<object, { engine: EngineName }>({
  projects: [
    { name: 'page', testDir: 'e2e' },
    { name: 'homeserver', testDir: 'homeserver', testIgnore: 'record/**', timeout: 120_000 },
    // The same pages with the newest SDK on npm.
    {
      name: 'homeserver-newest',
      testDir: 'homeserver/scenarios',
      timeout: 120_000,
      use: NEWEST_SDK,
    },
    ...ENGINES.map((engine) => ({ name: engine, testDir: 'engines', use: { engine } })),
    ...(sdk ? [record] : []),
  ],
  outputDir: '../test-results',
  reporter: [['list'], ['./engines/driver/skipped-engines.ts']],
  fullyParallel: true,
  workers: 2,
  // Real browsers, clients and servers race, as in production: a test that fails twice has failed; one that fails once
  // is listed as flaky.
  retries: 1,
  timeout: 60_000,
  // Parts of the package start seconds after the page has loaded.
  expect: { timeout: 10_000 },
  use: {
    baseURL: 'http://127.0.0.1:4199',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // For calls: a camera that shows a test pattern, and peers on one machine that may know each other's addresses.
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--allow-loopback-in-peer-connection',
        '--disable-features=WebRtcHideLocalIpsWithMdns',
      ],
    },
  },
  webServer: [
    {
      command: 'node e2e/server.mjs',
      url: 'http://127.0.0.1:4199/bare.html',
      stdout: 'pipe',
      timeout: 300_000,
    },
    {
      command: 'exec node homeserver/serve.mjs',
      url: 'http://127.0.0.1:4200/_matrix/client/versions',
      stdout: 'pipe',
      // The first run installs Synapse.
      timeout: 300_000,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
    },
  ],
});
