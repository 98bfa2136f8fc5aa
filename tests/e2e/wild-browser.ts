// Chromium as a person runs it: no driver is attached to the tabs, so that they can be frozen and go into the back/forward
// cache. Tabs are opened and closed over the debugging port's HTTP, and a tab tells what it does in the shared log.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';

interface Target {
  id: string;
  url: string;
  webSocketDebuggerUrl: string;
}

export class WildBrowser {
  private discards: string | undefined;

  private constructor(
    private readonly process: ChildProcess,
    private readonly base: string,
  ) {}

  /** `profile` is a folder of its own, which the caller clears away: the last processes write for a while longer. */
  static async launch(profile: string): Promise<WildBrowser> {
    mkdirSync(profile, { recursive: true });
    // Of one that was killed.
    rmSync(join(profile, 'SingletonLock'), { force: true });
    // chrome://discards, where tabs are frozen, is for those who ask for it.
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
    return new WildBrowser(child, base);
  }

  async open(url: string): Promise<string> {
    const answer = await fetch(`${this.base}/json/new?${encodeURIComponent(url)}`, { method: 'PUT' });
    const { id }: Target = await answer.json();
    return id;
  }

  async closeTab(id: string): Promise<void> {
    await fetch(`${this.base}/json/close/${id}`);
  }

  /** Shows a tab; one that is frozen is resumed by it. */
  async activate(id: string): Promise<void> {
    await fetch(`${this.base}/json/activate/${id}`);
  }

  /** Freezes the tab whose address holds these words: for real, as the browser does to save energy. */
  freeze(words: string): Promise<void> {
    return this.choose(words, '[Freeze]');
  }

  /** Discards it, as the browser does to save memory. It is loaded anew when it is shown; gives its new id. */
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

  /** Evaluates in a tab, and lets it alone again. */
  async evaluate<T>(id: string, expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.command(id, 'Runtime.evaluate', params);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Ends the process that draws a tab. */
  async crash(id: string): Promise<void> {
    // It does not answer any more.
    await this.command(id, 'Page.navigate', { url: 'chrome://crash' }).catch(() => {});
    const crashed = async () => (await this.targets()).find((tab) => tab.id === id && tab.url.includes('crash'));
    await this.until('the crash', crashed);
    // The address is there before the process is gone.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  async reload(id: string): Promise<void> {
    await this.command(id, 'Page.reload', {});
  }

  /** Gives a tab one command, and lets it alone again. */
  // biome-ignore lint/suspicious/noExplicitAny: the answers of the protocol.
  async command(id: string, method: string, params: object): Promise<any> {
    const target = (await this.targets()).find((candidate) => candidate.id === id);
    if (!target) throw new Error(`there is no tab ${id}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    try {
      return await new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('the tab is gone')));
        // One that has crashed takes commands, and answers none.
        setTimeout(() => reject(new Error('the tab does not answer')), 5000).unref();
        socket.once('open', () => socket.send(JSON.stringify({ id: 1, method, params })));
        socket.on('message', (data) => {
          const { id: answered, method: event, result, error } = JSON.parse(String(data));
          if (event === 'Inspector.targetCrashed') reject(new Error('the tab crashed'));
          if (answered !== 1) return;
          // The page went away meanwhile.
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

  /** Ends the browser without giving it the time to write anything down. */
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
