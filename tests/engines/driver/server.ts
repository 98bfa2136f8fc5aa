// A WebDriver server and the X server for its browser: started for a worker, ended with it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Engine } from './engines';

export interface DriverServer {
  url: string;
  /** The home folder of all processes that it starts. */
  home: string;
  close(): void;
}

/** Starts a WebDriver server and waits until it is ready. */
export async function serve(engine: Engine, server: string): Promise<DriverServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await launch(server, engine.args(port), engine.needsScreen);
  for (let tries = 0; !(await isReady(url)); tries++) {
    if (tries > 100) {
      running.close();
      throw new Error(`${server} does not answer`);
    }
    await sleep(100);
  }
  return { url, ...running };
}

/** Opens a browser with tabs at these addresses and without a driver: the pages must report what they do. */
export const openUndriven = (binary: string, urls: string[]) => launch(binary, urls, true);

/** The server to which the pages report. */
export async function listen(handleRequest: RequestListener): Promise<{ url: string; close(): void }> {
  const listener = createHttpServer(handleRequest);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void listener.close() };
}

/** Starts a program with its own home folder, and an X server if it needs one. */
async function launch(program: string, args: string[], needsScreen: boolean): Promise<Omit<DriverServer, 'url'>> {
  const home = mkdtempSync(join(tmpdir(), 'lotus-engine-'));
  const children: ChildProcess[] = [];
  const close = () => {
    for (const child of children.reverse()) child.kill();
    // The browser's last processes may still write.
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    const screen = needsScreen ? await openScreen(children) : undefined;
    children.push(spawn(program, args, { env: environmentOf(home, screen), stdio: 'ignore' }));
    return { home, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** For WebKit: neither a graphics card nor a desktop is available. */
const environmentOf = (home: string, screen: string | undefined) => ({
  ...process.env,
  HOME: home,
  LIBGL_ALWAYS_SOFTWARE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  GSETTINGS_BACKEND: 'memory',
  NO_AT_BRIDGE: '1',
  // In a C locale, `navigator.language` of WebKitGTK is `C`, which `Intl` rejects.
  LC_ALL: 'en_US.UTF-8',
  ...(screen === undefined ? {} : { DISPLAY: screen }),
});

const isReady = async (url: string) => {
  const answer = await fetch(`${url}/status`).catch(() => undefined);
  return answer?.ok ?? false;
};

/** Resolves to the name of the display. */
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
