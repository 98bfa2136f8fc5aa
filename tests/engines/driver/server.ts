// A WebDriver server, and the screen that its browser draws on: started for a worker, ended with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Engine } from './engines';

export interface DriverServer {
  url: string;
  /** The home folder of all that it starts. */
  home: string;
  close(): void;
}

export async function serve(engine: Engine, server: string): Promise<DriverServer> {
  const home = mkdtempSync(join(tmpdir(), 'lotus-engine-'));
  const children: ChildProcess[] = [];
  const close = () => {
    for (const child of children.reverse()) child.kill();
    // The last processes of a browser may still write.
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    const screen = engine.needsScreen ? await openScreen(children) : undefined;
    const port = await freePort();
    children.push(spawn(server, engine.args(port), { env: surroundings(home, screen), stdio: 'ignore' }));
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; !(await isReady(url)); tries++) {
      if (tries > 100) throw new Error(`${server} does not answer`);
      await sleep(100);
    }
    return { url, home, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A browser with the tabs of these addresses, and nobody who drives them: what they do, the pages have to tell. */
export async function openUndriven(binary: string, urls: string[]): Promise<Omit<DriverServer, 'url'>> {
  const home = mkdtempSync(join(tmpdir(), 'lotus-engine-'));
  const children: ChildProcess[] = [];
  const screen = await openScreen(children);
  children.push(spawn(binary, urls, { env: surroundings(home, screen), stdio: 'ignore' }));
  const close = () => {
    for (const child of children.reverse()) child.kill();
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  return { home, close };
}

/** Of WebKit: no graphics card, no desktop. */
const surroundings = (home: string, screen: string | undefined) => ({
  ...process.env,
  HOME: home,
  LIBGL_ALWAYS_SOFTWARE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  GSETTINGS_BACKEND: 'memory',
  NO_AT_BRIDGE: '1',
  ...(screen === undefined ? {} : { DISPLAY: screen }),
});

const isReady = async (url: string) => {
  const answer = await fetch(`${url}/status`).catch(() => undefined);
  return answer?.ok ?? false;
};

/** Gives its name. */
async function openScreen(children: ChildProcess[]): Promise<string> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'];
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    child.stdio[3]?.on('data', (number: Buffer) => resolve(`:${number.toString().trim()}`));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
