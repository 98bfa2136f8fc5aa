// One interface for every engine, so that tests need not know which one they run in.
import { Builder, By, type WebDriver, type WebElement } from 'selenium-webdriver';

import { ENGINES, type Engine, type EngineName, find, processesOf } from './engines';
import type { DriverServer } from './server';

/** A browser with a temporary profile. Each test gets its own origin. */
export class Browser {
  private queue: Promise<unknown> = Promise.resolve();
  private origins = 0;
  private origin = '';
  /** Set after a process of the browser was killed: the next test gets a new browser. */
  needsRestart = false;

  private constructor(
    readonly engine: EngineName,
    readonly version: string,
    private readonly driver: WebDriver,
    private readonly home: string,
    /** The initial window: without any window, the browser would end. */
    private readonly firstWindow: string,
  ) {}

  static async launch(name: EngineName, server: DriverServer, isPrivate: boolean): Promise<Browser> {
    const engine: Engine = ENGINES[name];
    const found = find(engine);
    if ('missing' in found) throw new Error(found.missing);
    const capabilities = engine.capabilities(found.binary, isPrivate);
    const driver = await new Builder().usingServer(server.url).withCapabilities(capabilities).build();
    await driver.manage().setTimeouts({ script: 30_000, pageLoad: 30_000 });
    const version = String((await driver.getCapabilities()).getBrowserVersion());
    return new Browser(name, version, driver, server.home, await driver.getWindowHandle());
  }

  /** Goes to an origin with empty storage. */
  begin(): void {
    this.origins += 1;
    // The number of addresses that the test server listens on.
    if (this.origins >= 64) this.needsRestart = true;
    this.origin = `http://127.0.0.${this.origins}:4199`;
  }

  /** Closes the tabs. */
  async end(): Promise<void> {
    await this.runExclusive(async (driver) => {
      for (const handle of await driver.getAllWindowHandles()) {
        if (handle === this.firstWindow) continue;
        await driver.switchTo().window(handle);
        await driver.close();
      }
      await driver.switchTo().window(this.firstWindow);
    }).catch(() => {
      this.needsRestart = true;
    });
  }

  /** Opens a tab at a page of the test server. */
  async open(path: string): Promise<Tab> {
    const before = new Set(processesOf(this.home, 'WebKitWebProcess'));
    const handle = await this.runExclusive(async (driver) => {
      await driver.switchTo().window(this.firstWindow);
      await driver.switchTo().newWindow('window');
      return driver.getWindowHandle();
    });
    const tab = new Tab(this, handle, this.origin, (driver) => {
      this.needsRestart = true;
      return ENGINES[this.engine].crash(driver, this.home, before);
    });
    await tab.goto(path);
    return tab;
  }

  /** Kills a process that all tabs of the browser share. */
  endProcess(name: string): void {
    this.needsRestart = true;
    for (const pid of processesOf(this.home, name)) process.kill(pid, 'SIGKILL');
  }

  /** Runs one command at a time: a WebDriver session addresses one tab at a time. */
  runExclusive<T>(command: (driver: WebDriver) => Promise<T>): Promise<T> {
    const next = this.queue.then(() => command(this.driver));
    this.queue = next.catch(() => {});
    return next;
  }

  async quit(): Promise<void> {
    await this.runExclusive((driver) => driver.quit()).catch(() => {});
  }
}

export class Tab {
  constructor(
    private readonly browser: Browser,
    private readonly handle: string,
    private readonly origin: string,
    private readonly endContent: (driver: WebDriver) => Promise<void>,
  ) {}

  goto(path: string): Promise<void> {
    return this.runInTab((driver) => driver.get(new URL(path, this.origin).href));
  }

  reload(): Promise<void> {
    return this.runInTab((driver) => driver.navigate().refresh());
  }

  close(): Promise<void> {
    return this.runInTab((driver) => driver.close());
  }

  /** Kills the process that runs the page. */
  crash(): Promise<void> {
    return this.runInTab(this.endContent);
  }

  /** Runs a function in the page. It must not wait for another tab. */
  async evaluate<A extends unknown[], T>(run: (...args: A) => T | Promise<T>, ...args: A): Promise<T> {
    // In the page's own realm: Firefox runs a driver's scripts in another one.
    const inPage = `async (args) => {
      try {
        return JSON.stringify({ value: (await (${run})(...JSON.parse(args))) ?? null });
      } catch (error) {
        return JSON.stringify({ error: String(error && error.stack ? error + ' ' + error.stack : error) });
      }
    }`;
    const script = `
      const done = arguments[arguments.length - 1];
      window.eval('(' + arguments[0] + ')')(arguments[1]).then(done);`;
    const answer = await this.runInTab((driver) =>
      driver.executeAsyncScript<string | null>(script, inPage, JSON.stringify(args)),
    );
    if (answer === null) throw new Error('the page went meanwhile');
    const { value, error } = JSON.parse(answer) as { value: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** The visible text. */
  text(selector = 'body'): Promise<string> {
    return this.runInTab(async (driver) => {
      const [found] = await driver.findElements(By.css(selector));
      return found ? found.getText() : '';
    });
  }

  /** Clicks the button with this name. */
  click(name: string): Promise<void> {
    return this.runInTab(async (driver) => (await buttonNamed(driver, name)).click());
  }

  /** Chooses a file in the page's file input. */
  choose(path: string): Promise<void> {
    return this.runInTab(async (driver) => driver.findElement(By.css('input[type=file]')).sendKeys(path));
  }

  /** Types into the focused element: see `Key` of selenium-webdriver. */
  press(...keys: string[]): Promise<void> {
    return this.runInTab(async (driver) => {
      await driver
        .switchTo()
        .activeElement()
        .sendKeys(...keys);
    });
  }

  /** The text of the focused element. */
  focused(): Promise<string> {
    return this.runInTab(async (driver) => driver.switchTo().activeElement().getText());
  }

  screenshot(): Promise<Buffer> {
    return this.runInTab(async (driver) => Buffer.from(await driver.takeScreenshot(), 'base64'));
  }

  private runInTab<T>(command: (driver: WebDriver) => Promise<T>): Promise<T> {
    return this.browser.runExclusive(async (driver) => {
      await driver.switchTo().window(this.handle);
      return command(driver);
    });
  }
}

async function buttonNamed(driver: WebDriver, name: string): Promise<WebElement> {
  const buttons = await driver.findElements(By.css('button'));
  for (const button of buttons) {
    if ((await button.isDisplayed()) && (await button.getAccessibleName().catch(() => button.getText())) === name)
      return button;
  }
  throw new Error(`there is no button named "${name}"`);
}
