// Chromium as a user runs it: no driver is attached to its tabs, so that they can be frozen and enter the back/forward
// cache. Tabs are opened and closed by HTTP on the debugging port, and log what they do to a shared log.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';

interface Target {
  id: string;
  url: string;
  webSocketDebuggerUrl: string;
}

export class UndrivenBrowser {
  private discards: string | undefined;

  private constructor(
    private readonly process: ChildProcess,
    private readonly base: string,
  ) {}

  /** `profile` is an exclusive folder. The caller deletes it, because the last processes still write for a while. */
  static async launch(profile: string): Promise<UndrivenBrowser> {
    mkdirSync(profile, { recursive: true });
    // Left behind by a killed browser.
    rmSync(join(profile, 'SingletonLock'), { force: true });
    // Enables chrome://discards, the page on which tabs are frozen.
    writeFileSync(join(profile, 'Local State'), JSON.stringify({ internal_only_uis_enabled: true }));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const child = spawn(
      '/usr/bin/chromium',
      [
        ...flags,
        '--disable-component-update',
        '--disable-sync',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const base = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stderr.on('data', (chunk) => {
        output += chunk;
        const [, address] = /DevTools listening on ws:\/\/([^/]+)/.exec(output) ?? [];
        if (address) resolve(`http://${address}`);
      });
      child.once('exit', () => reject(new Error(`Chromium ended:\n${output}`)));
    });
    return new UndrivenBrowser(child, base);
  }

  async open(url: string): Promise<string> {
    const answer = await fetch(`${this.base}/json/new?${encodeURIComponent(url)}`, { method: 'PUT' });
    const { id }: Target = await answer.json();
    return id;
  }

  async closeTab(id: string): Promise<void> {
    await fetch(`${this.base}/json/close/${id}`);
  }

  /** Shows a tab, which also resumes a frozen one. */
  async activate(id: string): Promise<void> {
    await fetch(`${this.base}/json/activate/${id}`);
  }

  /** Really freezes the tab whose address contains `words`, as the browser does to save energy. */
  freeze(words: string): Promise<void> {
    return this.choose(words, '[Freeze]');
  }

  /** Discards the tab, as the browser does to save memory. It is loaded again when shown; resolves to its new id. */
  async discard(words: string): Promise<string> {
    const tab = async () => (await this.targets()).find(({ url }) => url.includes(words))?.id;
    const before = await tab();
    await this.choose(words, '[Urgent Discard]');
    return this.until(`the discard of ${words}`, async () => {
      const after = await tab();
      return after === before ? undefined : after;
    });
  }

  private async choose(words: string, action: string): Promise<void> {
    this.discards ??= await this.open('chrome://discards/');
    const click = `(() => {
      const all = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
      const row = all(document).find((e) => e.tagName === 'TR' && e.textContent.includes(${JSON.stringify(words)}));
      const link = row && all(row).find((e) => e.children.length === 0 && e.textContent.trim() === ${JSON.stringify(action)});
      link?.click();
      return link !== undefined;
    })()`;
    const id = this.discards;
    const isChosen = async () => (await this.evaluate<boolean>(id, click)) || undefined;
    await this.until(`a row for ${words} in chrome://discards`, isChosen);
  }

  private async until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`in vain: ${what}`);
  }

  private async targets(): Promise<Target[]> {
    return (await fetch(`${this.base}/json/list`)).json();
  }

  /** Attaches to a tab to evaluate an expression, then detaches. */
  async evaluate<T>(id: string, expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.command(id, 'Runtime.evaluate', params);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Crashes the tab's renderer process. */
  async crash(id: string): Promise<void> {
    // The crashed tab never answers.
    await this.command(id, 'Page.navigate', { url: 'chrome://crash' }).catch(() => {});
    const crashed = async () => (await this.targets()).find((tab) => tab.id === id && tab.url.includes('crash'));
    await this.until('the crash', crashed);
    // The address changes before the process is gone.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  async reload(id: string): Promise<void> {
    await this.command(id, 'Page.reload', {});
  }

  /** Attaches to a tab to send one command, then detaches. */
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's answers are untyped.
  async command(id: string, method: string, params: object): Promise<any> {
    const target = (await this.targets()).find((candidate) => candidate.id === id);
    if (!target) throw new Error(`there is no tab ${id}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    try {
      return await new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('the tab is gone')));
        // A crashed tab accepts commands but never answers.
        setTimeout(() => reject(new Error('the tab does not answer')), 5000).unref();
        socket.once('open', () => socket.send(JSON.stringify({ id: 1, method, params })));
        socket.on('message', (data) => {
          const { id: answered, method: event, result, error } = JSON.parse(String(data));
          if (event === 'Inspector.targetCrashed') reject(new Error('the tab crashed'));
          if (answered !== 1) return;
          // The page navigated away meanwhile.
          if (error) reject(new Error(error.message));
          else resolve(result);
        });
      });
    } finally {
      socket.close();
    }
  }

  close(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** Kills the browser without time to write anything to the disk. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await ended;
  }
}
