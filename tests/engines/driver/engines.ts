// The three engines with the WebDriver servers of their distributions: the capabilities of a session, and how to find a
// tab's content process.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Capabilities, type WebDriver } from 'selenium-webdriver';
import { type Driver as ChromeDriver, Options as ChromeOptions } from 'selenium-webdriver/chrome.js';
import { Context, type Driver as FirefoxDriver, Options as FirefoxOptions } from 'selenium-webdriver/firefox.js';

export type EngineName = 'chromium' | 'firefox' | 'webkit';

export interface Engine {
  /** The first existing one is the browser. */
  binaries: string[];
  /** The first existing one is its WebDriver server. */
  servers: string[];
  /** The arguments of the server. */
  args(port: number): string[];
  /** Whether the browser needs an X server. */
  needsScreen: boolean;
  capabilities(binary: string, isPrivate: boolean): Capabilities;
  /** Kills the content process of the driver's current tab; `since`: the processes that existed before the tab. */
  crash(driver: WebDriver, home: string, since: ReadonlySet<number>): Promise<void>;
}

const CARGO = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'bin');
const WEBKIT_NAMES = ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0'];

export const ENGINES: Record<EngineName, Engine> = {
  chromium: {
    binaries: ['/usr/bin/chromium'],
    servers: ['/usr/bin/chromedriver'],
    args: (port) => [`--port=${port}`],
    needsScreen: false,
    capabilities(binary, isPrivate) {
      const options = new ChromeOptions();
      options.setChromeBinaryPath(binary);
      options.addArguments(
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        ...(isPrivate ? ['--incognito'] : []),
      );
      return options;
    },
    async crash(driver) {
      // The crashed page cannot answer.
      await (driver as ChromeDriver).sendDevToolsCommand('Page.crash', {}).catch(() => {});
    },
  },
  firefox: {
    binaries: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    servers: [join(CARGO, 'geckodriver'), '/usr/bin/geckodriver', '/usr/local/bin/geckodriver'],
    args: (port) => [`--port=${port}`, '--websocket-port=0', '--allow-system-access'],
    needsScreen: false,
    capabilities(binary, isPrivate) {
      const options = new FirefoxOptions();
      options.setBinary(binary);
      options.addArguments('-headless');
      // One process per tab, so that a tab can crash alone.
      options.setPreference('dom.ipc.processCount.webIsolated', 50);
      // The tests compare times of different tabs: rounded to a millisecond, the next reign could seem to begin before
      // the last one ends.
      options.setPreference('privacy.reduceTimerPrecision', false);
      // Denies the prompt for persistent storage, as a user might.
      options.setPreference('dom.storageManager.prompt.testing', true);
      options.setPreference('dom.storageManager.prompt.testing.allow', false);
      if (isPrivate) options.setPreference('browser.privatebrowsing.autostart', true);
      return options;
    },
    async crash(driver) {
      const firefox = driver as FirefoxDriver;
      await firefox.setContext(Context.CHROME);
      try {
        // geckodriver ends the whole browser when the first tab crashes: removing this observer keeps it from noticing.
        const pid = await driver.executeScript<number>(
          `const { TabCrashHandler } = ChromeUtils.importESModule('resource:///modules/ContentCrashHandlers.sys.mjs');
          Services.obs.removeObserver(TabCrashHandler, 'ipc:content-shutdown');
          return gBrowser.selectedBrowser.frameLoader.remoteTab.osPid;`,
        );
        process.kill(pid, 'SIGKILL');
      } finally {
        await firefox.setContext(Context.CONTENT);
      }
    },
  },
  webkit: {
    binaries: WEBKIT_NAMES.flatMap((name) =>
      ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => `/usr/lib/${machine}/${name}/MiniBrowser`),
    ),
    servers: ['/usr/bin/WebKitWebDriver'],
    args: (port) => [`--port=${port}`],
    needsScreen: true,
    capabilities: (binary) =>
      new Capabilities({
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary, args: ['--automation'] },
      }),
    async crash(_, home, since) {
      for (const pid of processesOf(home, 'WebKitWebProcess')) if (!since.has(pid)) process.kill(pid, 'SIGKILL');
    },
  },
};

const SCREEN = '/usr/bin/Xvfb';

/** The installed parts of an engine, or a text that names what is missing. */
export function find(engine: Engine): { binary: string; server: string } | { missing: string } {
  const binary = engine.binaries.find((path) => existsSync(path));
  const server = engine.servers.find((path) => existsSync(path));
  if (binary === undefined) return { missing: `there is no ${engine.binaries.join(' or ')}` };
  if (server === undefined) return { missing: `there is no ${engine.servers.join(' or ')}` };
  if (engine.needsScreen && !existsSync(SCREEN)) return { missing: `there is no ${SCREEN}` };
  return { binary, server };
}

/** The processes with this name that were started with this home folder. */
export function processesOf(home: string, name: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (!environment.includes(`HOME=${home}`)) return [];
      const [command = ''] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      return command.split('/').at(-1) === name ? [Number(entry)] : [];
    } catch {
      // The process has ended meanwhile.
      return [];
    }
  });
}
