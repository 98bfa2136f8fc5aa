// The gate that the installer writes: its answers and actions while the host starts the client.
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { beforeEach, expect, it, vi } from 'vitest';

import { checkOut, root, run } from './install-checkout';

const GATE = 'src/app/features/crypto-diagnostics';

type Client = { stopped: number; calls?: number };
type StoreGate = { userId: string; deviceId: string; databasePrefix?: string; onSignOut: () => Promise<void> };
type Written = {
  gate: { children: StoreGate } & { canYield: () => true | string; onYield: () => void; onLost: () => void };
  setGatedClient: (mx: Client & { stopClient: () => void }) => void;
};

/** Stubs of the gate's imports: an element is its properties, and a client has a number of `calls`. */
const STUBS: Record<string, string> = {
  react: `export default { createElement: (type, props, children) => ({ ...props, children }) };`,
  'lotus-crypto-diag': `export const isInCall = (mx) => mx?.calls > 0;
    export const logOutDevice = async (...session) => {
      calls.push(['logged out', ...session]);
      if (calls.isOffline) throw new Error('the homeserver cannot be reached');
    };`,
  'lotus-crypto-diag/react': 'export const TabGate = () => null; export const CryptoStoreGate = () => null;',
};
const stubs: Plugin = {
  name: 'stubs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(react|lotus-crypto-diag(\/react)?)$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) => ({ contents: STUBS[path] ?? '' }));
    onResolve({ filter: /sessions$/ }, () => ({ path: 'sessions', namespace: 'session' }));
    onLoad({ filter: /.*/, namespace: 'session' }, () => ({
      contents: `const session = { userId: '@a:b', deviceId: 'C', baseUrl: 'https://hs', accessToken: 'token' };
        export const getFallbackSession = () => session;
        export const removeFallbackSession = () => calls.push(['dropped']);`,
    }));
  },
};

let written: Written;
/** The gate's external actions, in order. */
let calls: unknown[] & { isOffline?: boolean };

beforeEach(async () => {
  calls = [];
  vi.stubGlobal('calls', calls);
  vi.stubGlobal('window', { location: { reload: () => calls.push(['reloaded']) } });
  checkOut('cinny-4.11');
  run('install', root);
  const { outputFiles } = await build({
    stdin: {
      contents: `import { CryptoTabGate } from './CryptoTabGate';
        export { setGatedClient } from './gatedClient';
        export const gate = CryptoTabGate({ children: null });`,
      resolveDir: join(root, GATE),
    },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'transform',
    plugins: [stubs],
    tsconfigRaw: {},
  });
  written = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
});

const start = (calls = 0) => {
  const client = { stopped: 0, calls, stopClient: () => void client.stopped++ };
  written.setGatedClient(client);
  return client;
};

it('the gate refuses to yield while the client is still starting', () => {
  expect(written.gate.canYield()).toBe('it is still starting');
});

it('the gate yields once the client is there, unless it is in a call', () => {
  start();
  expect(written.gate.canYield()).toBe(true);
  start(1);
  expect(written.gate.canYield()).toBe('in a call');
});

it.each(['onYield', 'onLost'] as const)('after %s, the gate refuses to yield until the next client is there', (end) => {
  const client = start();
  written.gate[end]();
  expect(client.stopped).toBe(1);
  expect(written.gate.canYield()).toBe('it is still starting');
  start();
  expect(written.gate.canYield()).toBe(true);
});

it('onSignOut logs the device out without a client, removes the session and reloads', async () => {
  const { userId, deviceId, onSignOut } = written.gate.children;
  expect([userId, deviceId]).toEqual(['@a:b', 'C']);
  await onSignOut();
  expect(calls).toEqual([['logged out', 'https://hs', 'token'], ['dropped'], ['reloaded']]);
});

it('onSignOut keeps the session if the homeserver cannot be reached', async () => {
  calls.isOffline = true;
  await expect(written.gate.children.onSignOut()).rejects.toThrow('cannot be reached');
  expect([...calls]).toEqual([['logged out', 'https://hs', 'token']]);
});
