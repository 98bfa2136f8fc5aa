// The packed tarball installed into hosts by each package manager, without flags or warnings; and run directly from the
// tarball.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';

import { startRegistry } from './registry.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

let folder: string;
let tarball: string;
let registry: Awaited<ReturnType<typeof startRegistry>>;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-installs-'));
  const home = join(here, '../../pkg-glue');
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: home,
    encoding: 'utf8',
  });
  tarball = join(folder, packed.trim());
  registry = await startRegistry(join(folder, 'registry'));
});

test.afterAll(() => {
  registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Manager = { script: string; add: (tarball: string) => string[]; node?: string[] };

const bin = (name: string, path: string) => join(here, 'node_modules', name, path);
const npm = (name: string): Manager => ({ script: bin(name, 'bin/npm-cli.js'), add: (path) => ['install', path] });
const MANAGERS: Record<string, Manager> = {
  'npm 10': npm('npm-10'),
  'npm 11': npm('npm-11'),
  pnpm: { script: bin('pnpm', 'bin/pnpm.cjs'), add: (path) => ['add', path] },
  'yarn 1': { script: bin('yarn-1', 'bin/yarn.js'), add: (path) => ['add', '--non-interactive', path] },
  'yarn 4': {
    script: bin('@yarnpkg/cli-dist', 'bin/yarn.js'),
    add: (path) => ['add', `lotus-crypto-diag@file:${path}`],
    // Yarn keeps packages where plain Node does not look.
    node: ['node'],
  },
};

type Host = { dependencies?: Record<string, string>; npmrc?: string };

const react = (version: string) => ({ react: version, 'react-dom': version });
const folds = {
  folds: '2.6.2',
  '@vanilla-extract/css': '1.9.2',
  '@vanilla-extract/recipes': '0.3.0',
  classnames: '2.3.2',
};
const HOSTS: Record<string, Host> = {
  'an empty folder': {},
  'a host with React 17': { dependencies: react('17.0.2') },
  'a host with React 18': { dependencies: react('18.2.0') },
  'a host with React 19': { dependencies: react('19.2.0') },
  'a host with the React that folds asks for': { dependencies: { ...react('17.0.0'), ...folds } },
  // Otherwise npm would refuse to install folds with another React.
  'a host with folds, React 18 and legacy-peer-deps': {
    dependencies: { ...react('18.2.0'), ...folds },
    npmrc: 'legacy-peer-deps=true\n',
  },
  'a host with folds, React 19 and legacy-peer-deps': {
    dependencies: { ...react('19.2.0'), ...folds },
    npmrc: 'legacy-peer-deps=true\n',
  },
};

/** Nothing from this machine: neither its settings nor its caches. */
function environment(): Record<string, string> {
  const { PATH = '' } = process.env;
  return {
    PATH,
    HOME: join(folder, 'home'),
    CI: '1',
    npm_config_registry: registry.address,
    npm_config_cache: join(folder, 'npm'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_store_dir: join(folder, 'pnpm'),
    YARN_CACHE_FOLDER: join(folder, 'yarn'),
    YARN_GLOBAL_FOLDER: join(folder, 'berry'),
    YARN_NPM_REGISTRY_SERVER: registry.address,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
  };
}

async function call(cwd: string, script: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [script, ...args], { cwd, env: environment() });
  return stdout + stderr;
}

let hosts = 0;
function makeHost({ dependencies = {}, npmrc }: Host): string {
  hosts += 1;
  const host = join(folder, `host-${hosts}`);
  mkdirSync(host);
  writeFileSync(
    join(host, 'package.json'),
    JSON.stringify({ name: 'host', version: '1.0.0', private: true, dependencies }),
  );
  writeFileSync(join(host, 'yarn.lock'), '');
  if (npmrc) writeFileSync(join(host, '.npmrc'), npmrc);
  return host;
}

for (const [name, manager] of Object.entries(MANAGERS)) {
  for (const [place, host] of Object.entries(HOSTS)) {
    test(`${name} installs the package into ${place}`, async () => {
      const home = makeHost(host);
      const output = await call(home, manager.script, ...manager.add(tarball));
      // Warnings about folds itself are the host's problem.
      const complaints = host.dependencies?.['folds']
        ? /lotus-crypto-diag.*\n?.*(unmet|incorrect|missing) peer/
        : /ERESOLVE|\bpeer/;
      expect(output).not.toMatch(complaints);

      const seen = ['react', 'folds'].map(
        (peer) => `(() => { try { return own('${peer}/package.json').version } catch { return null } })()`,
      );
      const script = `const own = require('module').createRequire(require.resolve('lotus-crypto-diag/package.json'));
        import('lotus-crypto-diag').then(({ buildCryptoDiagReport }) =>
          console.log(JSON.stringify([JSON.parse(buildCryptoDiagReport()).status.state, ${seen.join(', ')}])));`;
      const node = manager.node ? [manager.script, ...manager.node] : [];
      const { stdout } = await run(process.execPath, [...node, '-e', script], { cwd: home, env: environment() });
      const { react: reactThere = null, folds: foldsThere = null } = host.dependencies ?? {};
      expect(JSON.parse(stdout)).toEqual(['idle', reactThere, foldsThere]);
    });
  }
}

test.describe('the install command run from the tarball', () => {
  for (const name of ['npm 10', 'npm 11']) {
    test(`names the tarball relative to the checkout with the npx of ${name}`, async () => {
      const checkout = join(folder, `checkout of ${name}`);
      cpSync(join(here, '../fixtures/cinny-4.11'), checkout, { recursive: true });
      const before = readFileSync(join(checkout, 'package.json'), 'utf8');
      const npx = join(dirname((MANAGERS[name] as Manager).script), 'npx-cli.js');
      const command = ['--yes', '--package', `./${tarball.split('/').at(-1)}`, 'lotus-crypto-diag'];
      await call(folder, npx, ...command, 'install', checkout, '--force');
      const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
      expect(dependencies['lotus-crypto-diag']).toBe(`file:../${tarball.split('/').at(-1)}`);
      await call(folder, npx, ...command, 'uninstall', checkout);
      expect(readFileSync(join(checkout, 'package.json'), 'utf8')).toBe(before);
    });
  }

  for (const name of ['npm 10', 'npm 11', 'pnpm', 'yarn 1']) {
    test(`leaves package.json and the lock file as before if ${name} installed the package first`, async () => {
      const manager = MANAGERS[name] as Manager;
      const isNpm = name.startsWith('npm');
      const home = makeHost(HOSTS['a host with React 18'] as Host);
      cpSync(join(here, '../fixtures/cinny-4.11/src'), join(home, 'src'), { recursive: true });
      cpSync(join(here, '../fixtures/cinny-4.11/index.html'), join(home, 'index.html'));
      const manifest = { name: 'host', version: '1.0.0', dependencies: react('18.2.0') };
      writeFileSync(join(home, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      rmSync(join(home, 'yarn.lock'));
      const lockFile = isNpm ? 'package-lock.json' : name === 'pnpm' ? 'pnpm-lock.yaml' : 'yarn.lock';
      const read = () => [lockFile, 'package.json'].map((path) => readFileSync(join(home, path), 'utf8'));
      await call(home, manager.script, 'install', ...(name === 'pnpm' ? ['--no-frozen-lockfile'] : []));
      const before = read();

      await call(home, manager.script, ...manager.add(tarball));
      const command = join(home, 'node_modules/lotus-crypto-diag/dist/bin/lotus-crypto-diag.js');
      await call(home, command, 'install', '.', '--force');
      expect(read()[0]).toContain('lotus-crypto-diag');
      expect(read()[1]).toMatch(/"lotus-crypto-diag": "(file:)?(\.\.|\/).*\.tgz"/);
      await call(home, command, 'uninstall', '.');
      // npm's lock file is corrected at once, the others by the next install.
      if (isNpm) expect(read()).toEqual(before);
      await call(home, manager.script, 'install', ...(name === 'pnpm' ? ['--no-frozen-lockfile'] : []));
      expect(read()).toEqual(before);
    });
  }
});
