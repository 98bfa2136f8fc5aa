// The installed WebKitGTK, with the page methods that the benchmarks use.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Builder, Capabilities } from 'selenium-webdriver';
// @ts-expect-error: its types leave this out.
import { findFreePort } from 'selenium-webdriver/net/portprober.js';

const binary = ['x86_64', 'aarch64']
  .flatMap((machine) => ['2gtk-4.1', '2gtk-4.0', 'gtk-6.0'].map((api) => `${machine}-linux-gnu/webkit${api}`))
  .map((folder) => `/usr/lib/${folder}/MiniBrowser`)
  .find((path) => existsSync(path));

/** Starts it without a driver: the page itself reports its results. */
export async function spawnUndriven(/** @type {string} */ home, /** @type {string} */ url) {
  const { screen, env } = await openScreen(home);
  const browser = spawn(`${binary}`, [url], { env, stdio: 'ignore' });
  return browser.once('exit', () => screen.kill()).once('error', () => screen.kill());
}

export async function openWebKit() {
  const home = mkdtempSync(join(tmpdir(), 'bench-'));
  const { screen, env } = await openScreen(home);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' });
  while (!(await fetch(`${url}/status`).catch(() => undefined))) await sleep(100);
  const options = { binary, args: ['--automation'] };
  const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options });
  const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ script: 60 * 60_000 });
  const version = (await driver.getCapabilities()).getBrowserVersion();
  /** @type {(run: Function | string, arg?: unknown) => Promise<any>} */
  const evaluate = async (run, arg) => {
    const script = `const [arg, done] = arguments;
      (async () => (${typeof run === 'string' ? `() => ${run}` : run})(arg))()
        .then((value) => done({ value }), (error) => done({ error: error + ' ' + error.stack }));`;
    const { value, error } = await driver.executeAsyncScript(script, arg);
    if (error) throw new Error(error);
    return value;
  };
  const page = {
    evaluate,
    goto: (/** @type {string} */ to) => driver.get(to),
    async waitForFunction(/** @type {Function} */ run) {
      while (!(await evaluate(run))) await sleep(5);
    },
  };
  return {
    version: () => `WebKitGTK ${version}`,
    newPage: async () => page,
    async close() {
      await driver.quit().catch(() => {});
      server.kill();
      screen.kill();
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Starts an X server, without a graphics card. */
async function openScreen(/** @type {string} */ home) {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((resolve, reject) => {
    screen.once('error', reject);
    screen.stdio[3]?.once('data', resolve);
  });
  const plain = {
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  };
  return { screen, env: { ...process.env, ...plain, HOME: home, DISPLAY: `:${`${number}`.trim()}` } };
}
