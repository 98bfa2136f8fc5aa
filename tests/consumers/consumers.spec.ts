// The packed tarball, not the work tree, with the bundlers and compilers that hosts use.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';

import { BUNDLERS, DEV_SERVERS, PLUGIN } from './bundlers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, '../../pkg-glue');
const unpacked = join(here, 'node_modules/lotus-crypto-diag');
const built = join(here, 'dist');

// The tests share one tarball.
test.describe.configure({ mode: 'serial' });

let server: Server;

test.beforeAll(async () => {
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  mkdirSync(built, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', built], {
    cwd: home,
    encoding: 'utf8',
  });
  execFileSync('tar', ['-xzf', join(built, packed.trim()), '-C', unpacked, '--strip-components=1']);
  server = createServer((request, response) => {
    try {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const path = decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
      const body = readFileSync(join(built, path));
      const type = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }[extname(path)];
      response.writeHead(200, { 'content-type': type ?? 'text/plain' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

test.afterAll(() => {
  server?.close();
  rmSync(unpacked, { recursive: true, force: true });
});

async function expectToWork(page: Page, address: string) {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  const card = page.getByTestId('crypto-diagnostics');
  await expect(card.getByText('1 sign of a fault')).toBeVisible({ timeout: 30_000 });
  await card.getByRole('button', { name: 'Details' }).click();
  await expect(card).toContainText('missing field `algorithm`');
  const saving = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Download report' }).click();
  const report = JSON.parse(readFileSync(await (await saving).path(), 'utf8'));
  expect(report.status.state).toBe('running');
  expect(report.counts['KE-3']).toBe(1);
  expect(errors).toEqual([]);
}

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  test(`${name} bundles the package without a plugin or warning`, async ({ page }) => {
    const folder = name.replace(' ', '-');
    await bundle(join(built, folder));
    await expectToWork(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${folder}/`);
  });
}

const addresses = (page: string, tag: RegExp) => [...page.matchAll(tag)].map(([, address = '']) => address);

for (const [name, { build, single }] of Object.entries(PLUGIN)) {
  test(`with the plugin, ${name} builds what is loaded first into a file of its own`, async ({ page }) => {
    const folder = `${name.replace(' ', '-')}-plugin`;
    await build(join(built, folder));
    const index = readFileSync(join(built, folder, 'index.html'), 'utf8');
    const [entry] = addresses(index, /<script[^>]*src="([^"]+)"/g);
    const beside = addresses(index, /<link rel="modulepreload"[^>]*href="([^"]+)"/g);
    const sizeOf = (path = '') => statSync(join(built, folder, path)).size;
    expect(beside.filter((path) => sizeOf(path) > 400_000)).toHaveLength(1);
    expect(sizeOf(entry)).toBeLessThan(400_000);
    await expectToWork(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${folder}/`);
  });

  for (const [way, buildOneFile] of Object.entries(single)) {
    test(`with the plugin, ${name} can build everything into a single file: ${way}`, async ({ page }) => {
      const folder = `${name.replace(' ', '-')}-${way}`;
      await buildOneFile(join(built, folder));
      const scripts = readdirSync(join(built, folder, 'assets')).filter((file) => file.endsWith('.js'));
      expect(scripts).toHaveLength(1);
      await expectToWork(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${folder}/`);
    });
  }
}

for (const [name, vite] of Object.entries(DEV_SERVERS)) {
  test(`the dev server of ${name} serves the package`, async ({ page }) => {
    const { createServer: createDevServer } = await import(vite);
    const cacheDir = join(built, `cache-${vite}`);
    rmSync(cacheDir, { recursive: true, force: true });
    const dev = await createDevServer({
      root: join(here, 'app'),
      cacheDir,
      logLevel: 'warn',
      server: { host: '127.0.0.1', port: 0 },
    });
    try {
      await dev.listen();
      await expectToWork(page, dev.resolvedUrls.local[0]);
    } finally {
      await dev.close();
    }
  });
}

const COMPILERS = [
  ['TypeScript 4.9, as Cinny has it', 'typescript-4.9', ['--module', 'es2020', '--moduleResolution', 'node']],
  ['TypeScript 4.9, as Node resolves', 'typescript-4.9', ['--module', 'nodenext', '--moduleResolution', 'nodenext']],
  ['TypeScript 5, as Node resolves', 'typescript', ['--module', 'nodenext', '--moduleResolution', 'nodenext']],
  ['TypeScript 5, as bundlers resolve', 'typescript', ['--module', 'esnext', '--moduleResolution', 'bundler']],
] as const;

for (const [name, compiler, resolution] of COMPILERS) {
  test(`${name} finds the types of the package`, () => {
    const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve(compiler)));
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--types',
      'react',
      '--jsx',
      'react',
      ...resolution,
    ];
    execFileSync(process.execPath, [tsc, ...options, join(here, 'app/types.ts')], { encoding: 'utf8', stdio: 'pipe' });
  });
}

test('the plugin has the type of a plugin in Vite 5 and 8', () => {
  const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--types', 'node'];
  const resolution = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const file = join(here, 'app/vite-types.ts');
  execFileSync(process.execPath, [tsc, ...options, ...resolution, file], { encoding: 'utf8', stdio: 'pipe' });
});

const REACTS = [
  ['TypeScript 4.9 and the types of React 18, as Cinny has them', 'typescript-4.9', 'react-18'],
  ['TypeScript 5.9 and the types of React 18', 'typescript', 'react-18'],
  ['TypeScript 5.9 and the types of React 19', 'typescript', 'react-19'],
] as const;

for (const [name, compiler, types] of REACTS) {
  test(`the components type-check in JSX with ${name}`, () => {
    const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve(compiler)));
    const project = join(here, `app/tsconfig.${types}.json`);
    execFileSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8', stdio: 'pipe' });
  });
}

test('the JSX test uses every component', () => {
  const declared = readFileSync(join(unpacked, 'dist/react/index.d.ts'), 'utf8');
  const components = [...declared.matchAll(/^export declare function ([A-Z]\w+)/gm)].map(([, name]) => name);
  const usage = readFileSync(join(here, 'app/components.tsx'), 'utf8');
  expect(components.length).toBeGreaterThan(3);
  expect(components.filter((component) => !new RegExp(`<${component}[ >]`).test(usage))).toEqual([]);
});
