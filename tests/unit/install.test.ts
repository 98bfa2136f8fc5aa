// `lotus-crypto-diag install`, as it is packed, on checkouts in the shapes that Cinny and its forks have had.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, '../fixtures');
const command = join(here, '../../pkg-glue/dist/bin/lotus-crypto-diag.js');
const SHAPES = ['cinny-4.5', 'cinny-4.8', 'cinny-4.11', 'cinny-one-page', 'cinny-aliased'];

// Each run is a process of its own.
vi.setConfig({ testTimeout: 60_000 });

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'core.autocrlf=false', ...args], { encoding: 'utf8' });

function checkOut(shape: string): Map<string, string> {
  cpSync(join(fixtures, shape), root, { recursive: true });
  git('init', '-q');
  git('add', '-A');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '-qm', shape);
  return files();
}

/** Every file, by its bytes. */
function files(): Map<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !/^\.git(\/|$)/.test(path));
  const found = paths.filter((path) => statSync(join(root, path)).isFile()).sort();
  return new Map(found.map((path) => [path, readFileSync(join(root, path), 'latin1')]));
}

/** As npx would, but for the package: the command of the work tree comes from no tarball. */
function run(...args: string[]) {
  const isInstall = args[0] === 'install' && args.length > 1 && !args.includes('--package');
  return runWith({}, command, ...args, ...(isInstall ? ['--package', '^0.1.0'] : []));
}

function runWith(environment: Record<string, string>, script: string, ...args: string[]) {
  const env = { ...process.env, npm_command: '', npm_config_package: '', ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const edit = (path: string, from: string, to: string) => {
  const text = readFileSync(join(root, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(root, path), text.replace(from, to));
};

describe.each(SHAPES)('a checkout in the shape of %s', (shape) => {
  it('is shown what would change, and is not changed', async () => {
    const before = checkOut(shape);
    const { status, stdout, stderr } = run('install', root, '--dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
    await expect(stdout).toMatchFileSnapshot(join(fixtures, 'installed', `${shape}.diff`));
  });

  it('gets what was shown; a second run changes nothing', () => {
    const before = checkOut(shape);
    const { stdout: shown } = run('install', root, '--dry-run');
    expect(run('install', root)).toMatchObject({ status: 0, stderr: '' });
    const installed = files();
    const changed = [...installed.keys()].filter((path) => installed.get(path) !== before.get(path));
    expect(changed.filter((path) => !shown.includes(`+++ b/${path}`))).toEqual([]);
    expect(changed.filter((path) => path.includes('initMatrix'))).toEqual([]);
    expect(run('install', root)).toMatchObject({ status: 0, stdout: 'Everything is in its place already.\n' });
    expect(files()).toEqual(installed);
  });

  it('is back to the byte after uninstall', () => {
    const before = checkOut(shape);
    run('install', root);
    expect(files()).not.toEqual(before);
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
    expect(git('status', '--porcelain')).toBe('');
  });

  it('keeps what its people have written since', () => {
    checkOut(shape);
    run('install', root);
    const entry = shape === 'cinny-4.8' ? 'src/main.tsx' : 'src/index.tsx';
    edit(entry, 'createRoot(', '/* since */ createRoot(');
    appendFileSync(join(root, 'src/app/pages/client/ClientRoot.tsx'), '// since\n');
    edit('package.json', '"dependencies": {', '"license": "AGPL-3.0-only",\n  "dependencies": {');
    const [installed] = [files()];
    run('uninstall', root);
    const after = [...files()].map(([path, text]) => `${path}\n${text}`).join('\n');
    expect(after).not.toMatch(/crypto-?diag|CryptoTabGate|CryptoRecovery/i);
    run('install', root, '--force');
    expect(files()).toEqual(installed);
  });
});

describe('where a place is missing', () => {
  const names = ['CryptoDiagnosticsCard', 'CryptoTabGate', 'CryptoRecovery'];
  const added = () =>
    names.filter((name) =>
      [...files().values()].some((text) => text.includes(`<${name} `) || text.includes(`<${name}>`)),
    );

  it('it says what is left out where the rest is put in', () => {
    const before = checkOut('cinny-4.2');
    const { status, stderr } = run('install', root);
    expect(status).toBe(1);
    expect(stderr).toContain('Nothing was changed. The rest can be put in with   --without card\n');
    expect(files()).toEqual(before);
  });

  it('the rest is put in, and taken out again', async () => {
    const before = checkOut('cinny-4.2');
    const { stdout } = run('install', root, '--without', 'card', '--dry-run');
    await expect(stdout).toMatchFileSnapshot(join(fixtures, 'installed', 'cinny-4.2.diff'));
    expect(run('install', root, '--without', 'card')).toMatchObject({ status: 0, stderr: '' });
    expect(added()).toEqual(['CryptoTabGate', 'CryptoRecovery']);
    const installed = files();
    expect(run('install', root, '--without', 'card').stdout).toBe('Everything is in its place already.\n');
    expect(files()).toEqual(installed);
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });

  it.each([
    [['gate'], ['CryptoDiagnosticsCard', 'CryptoRecovery']],
    [['recovery'], ['CryptoDiagnosticsCard', 'CryptoTabGate']],
    [['gate,recovery'], ['CryptoDiagnosticsCard']],
    [['card', 'gate', 'recovery'], []],
  ])('without %j, too', (left, expected) => {
    const before = checkOut('cinny-4.11');
    const options = left.flatMap((part) => ['--without', part]);
    expect(run('install', root, ...options)).toMatchObject({ status: 0, stderr: '' });
    expect(added()).toEqual(expected);
    expect(files().get('src/index.tsx')).toContain('lotus-crypto-diag/auto');
    const installed = files();
    expect(run('install', root, ...options).stdout).toBe('Everything is in its place already.\n');
    expect(files()).toEqual(installed);
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });

  it('the gate has the client to stop, whether the recovery is there or not', () => {
    checkOut('cinny-4.11');
    run('install', root, '--without', 'recovery');
    const added = [...files()].filter(([path]) => path.includes('crypto-diagnostics'));
    expect(added.some(([, text]) => text.includes('setGatedClient(mx)'))).toBe(true);
    expect(files().get('src/app/pages/client/ClientRoot.tsx')).toContain('<CryptoStoreWatch />');
  });

  it('what was left out is put in later', () => {
    checkOut('cinny-4.11');
    run('install', root, '--without', 'card');
    run('install', root, '--force');
    const later = files();
    expect(added()).toEqual(names);
    expect(later.get('src/app/features/crypto-diagnostics/index.ts')).toContain(
      "export * from './CryptoDiagnosticsCard';",
    );
  });

  it('a part that there is not is no part', () => {
    checkOut('cinny-4.11');
    const { status, stderr } = run('install', root, '--without', 'cards');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '--without cards: the parts are card, gate, recovery\n' });
  });
});

describe('the entry', () => {
  it('is the module that draws the app, not another one beside it', () => {
    checkOut('cinny-aliased');
    run('install', root);
    expect(files().get('src/index.tsx')).toContain('lotus-crypto-diag/auto');
    expect(files().get('public/global-shim.js')).not.toContain('lotus-crypto-diag');
  });

  it('may draw it in a module that it loads', () => {
    checkOut('cinny-aliased');
    writeFileSync(join(root, 'src/boot.tsx'), files().get('src/index.tsx') ?? '');
    writeFileSync(join(root, 'src/index.tsx'), "import('./boot');\n");
    run('install', root, '--force');
    expect(files().get('src/index.tsx')).toBe("import 'lotus-crypto-diag/auto';\nimport('./boot');\n");
  });

  it('that there are several of is left to the people of the checkout', () => {
    checkOut('cinny-4.11');
    edit('index.html', '</body>', '<script type="module" src="/src/other.tsx"></script></body>');
    writeFileSync(join(root, 'src/other.tsx'), 'createRoot(document.body).render(null);\n');
    const { status, stderr } = run('install', root, '--force');
    expect(status).toBe(1);
    expect(stderr).toContain('several modules that draw the app:\n  src/index.tsx\n  src/other.tsx\n');
  });
});

describe('the dependency', () => {
  const named = () => JSON.parse(files().get('package.json') ?? '{}').dependencies['lotus-crypto-diag'];
  const parent = () => mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-from-'));

  /** As a package manager unpacks it: the command, in a folder whose package.json names where it came from. */
  function unpacked(folder: string, origin: string): string {
    const bin = join(folder, 'node_modules/lotus-crypto-diag/dist/bin');
    cpSync(dirname(command), bin, { recursive: true });
    writeFileSync(join(folder, 'node_modules/lotus-crypto-diag/package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { 'lotus-crypto-diag': origin } }));
    return join(bin, 'lotus-crypto-diag.js');
  }

  it('is a packed tarball by its way from the checkout', () => {
    checkOut('cinny-4.11');
    const tarball = join(root, '../lotus-crypto-diag-test.tgz');
    expect(run('install', root, '--package', tarball).stderr).toContain('there is no');
    writeFileSync(tarball, '');
    run('install', root, '--package', tarball);
    rmSync(tarball);
    expect(named()).toBe('file:../lotus-crypto-diag-test.tgz');
  });

  it('may lie in the checkout, though git does not know it yet', () => {
    checkOut('cinny-4.11');
    const tarball = join(root, 'vendor/lotus-crypto-diag-test.tgz');
    mkdirSync(dirname(tarball));
    writeFileSync(tarball, '');
    expect(run('install', root, '--package', tarball)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe('file:vendor/lotus-crypto-diag-test.tgz');
  });

  it('is the tarball that npx was given', () => {
    checkOut('cinny-4.11');
    const folder = parent();
    writeFileSync(join(folder, 'lotus-crypto-diag-test.tgz'), '');
    // npm may have unpacked another one of that name before, and then that stands in its own folder.
    const script = unpacked(join(folder, '_npx'), 'file:../before/lotus-crypto-diag-test.tgz');
    const environment = { npm_command: 'exec', npm_config_package: './lotus-crypto-diag-test.tgz', INIT_CWD: folder };
    expect(runWith(environment, script, 'install', root)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe(`file:../${basename(folder)}/lotus-crypto-diag-test.tgz`);
    rmSync(folder, { recursive: true });
  });

  it.each([
    [
      'a tarball',
      'file:../lotus-crypto-diag-test.tgz',
      (folder: string) => `file:../${basename(folder)}/lotus-crypto-diag-test.tgz`,
    ],
    [
      'an address',
      'https://example.org/lotus-crypto-diag-0.1.0.tgz',
      () => 'https://example.org/lotus-crypto-diag-0.1.0.tgz',
    ],
    ['a version', '^0.1.0', () => '^0.1.0'],
  ])('is %s, where the command came from one', (_, origin, expected) => {
    checkOut('cinny-4.11');
    const folder = parent();
    writeFileSync(join(folder, 'lotus-crypto-diag-test.tgz'), '');
    const script = unpacked(join(folder, 'unpacked'), origin);
    expect(runWith({}, script, 'install', root)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe(expected(folder));
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['nothing tells where it came from', null],
    ['its tarball is gone', 'file:../gone.tgz'],
    ['it came from a folder', 'file:../pkg'],
  ])('is asked for where %s', (_, origin) => {
    const before = checkOut('cinny-4.11');
    const folder = parent();
    const script = origin === null ? command : unpacked(join(folder, 'unpacked'), origin);
    const { status, stderr } = runWith({}, script, 'install', root);
    expect(status).toBe(1);
    expect(stderr).toMatch(/--package path\/to\/lotus-crypto-diag-\d+\.\d+\.\d+\.tgz\n$/);
    expect(files()).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  it('may be there already, put in by npm, with its lock file', () => {
    checkOut('cinny-4.11');
    edit('package.json', '"matrix-js-sdk"', '"lotus-crypto-diag": "file:../x.tgz",\n    "matrix-js-sdk"');
    writeFileSync(join(root, 'package-lock.json'), '{}\n');
    expect(runWith({}, command, 'install', root)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe('file:../x.tgz');
  });

  it('is another one when another one is asked for', () => {
    checkOut('cinny-4.11');
    run('install', root, '--package', '0.1.0');
    run('install', root, '--package', '0.2.0', '--force');
    expect(named()).toBe('0.2.0');
  });

  it('goes from the lock file of npm with the rest', () => {
    const lock = (own: Record<string, unknown>[]) =>
      `${JSON.stringify(
        {
          name: 'cinny',
          lockfileVersion: 2,
          packages: {
            '': { dependencies: { folds: '2.6.2', ...own[0], react: '18.2.0' } },
            'node_modules/folds': { version: '2.6.2' },
            ...own[1],
            'node_modules/react': { version: '18.2.0' },
          },
          dependencies: { folds: { version: '2.6.2' }, ...own[2] },
        },
        null,
        2,
      )}\n`;
    checkOut('cinny-4.11');
    writeFileSync(join(root, 'package-lock.json'), lock([]));
    git('add', '-A');
    git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '-qm', 'lock');
    const before = files();
    run('install', root);
    const resolved = { version: '^0.1.0', resolved: 'file:../lotus-crypto-diag-0.1.0.tgz' };
    writeFileSync(
      join(root, 'package-lock.json'),
      lock([
        { 'lotus-crypto-diag': '^0.1.0' },
        { 'node_modules/lotus-crypto-diag': resolved },
        { 'lotus-crypto-diag': resolved },
      ]),
    );
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });
});

describe('what it is careful about', () => {
  it('a work tree with changes is left alone, unless told otherwise', () => {
    checkOut('cinny-4.11');
    appendFileSync(join(root, 'src/index.tsx'), '// not committed\n');
    const before = files();
    const { status, stderr } = run('install', root);
    expect(status).toBe(1);
    expect(stderr).toContain('not committed');
    expect(stderr).toContain(' M src/index.tsx');
    expect(files()).toEqual(before);
    expect(run('install', root, '--force').status).toBe(0);
    expect(files()).not.toEqual(before);
  });

  it('a folder that git does not know is left alone, too', () => {
    cpSync(join(fixtures, 'cinny-4.11'), root, { recursive: true });
    const before = files();
    expect(run('install', root)).toMatchObject({ status: 1, stderr: expect.stringContaining('no git work tree') });
    expect(files()).toEqual(before);
  });

  it('a checkout that it does not understand is untouched, and its people are told the four places', () => {
    const before = checkOut('cinny-other');
    const { status, stdout, stderr } = run('install', root);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^not found: a SequenceCard that offers the access token/);
    expect(stderr).toContain("import 'lotus-crypto-diag/auto';");
    expect(stderr).toContain('<CryptoDiagnostics mx={mx} />');
    expect(stderr).toContain('<TabGate');
    expect(stderr).toContain('<CryptoRecoveryPrompt mx={mx} onLogout={logout} />');
    expect(stderr).toContain('--without card --without gate --without recovery');
    expect(files()).toEqual(before);
  });

  it.each([
    [
      'the card twice',
      'src/Copy.tsx',
      'const a = <SequenceCard>{mx.getAccessToken()}</SequenceCard>;\n',
      'found 2 times where one was expected: a SequenceCard that offers the access token (the Developer Tools):\n  src/Copy.tsx\n  src/app/features/settings/developer-tools/DevelopTools.tsx\n',
    ],
    [
      'a client root that nobody shows',
      'src/app/pages/Router.tsx',
      'export const createRouter = () => null;\n',
      'one <ClientRoot>',
    ],
    ['an entry that is no source', 'src/index.tsx', 'import {{\n', 'src/index.tsx cannot be parsed'],
    ['no way to log out', 'src/client/initMatrix.ts', 'export const initClient = async () => {};\n', 'logoutClient'],
    ['a package.json that is none', 'package.json', '{ "name": \n', 'package.json'],
  ])('so is one that has %s', (_, path, text, reason) => {
    checkOut('cinny-4.11');
    writeFileSync(join(root, path), text);
    const before = files();
    const { status, stderr } = run('install', root, '--force');
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('Nothing was changed.');
    expect(files()).toEqual(before);
  });

  it('an import that has slipped down is put first again', () => {
    checkOut('cinny-4.11');
    run('install', root);
    const installed = files();
    edit(
      'src/index.tsx',
      "import 'lotus-crypto-diag/auto';\nimport React from 'react';",
      "import React from 'react';\nimport 'lotus-crypto-diag/auto';",
    );
    expect(run('install', root, '--force').stdout).toContain('changed src/index.tsx');
    expect(files()).toEqual(installed);
  });

  it('an added file that somebody has made their own is not removed unasked', () => {
    const before = checkOut('cinny-4.11');
    run('install', root);
    const card = 'src/app/features/crypto-diagnostics/CryptoDiagnosticsCard.tsx';
    edit(card, ' embedded', ' embedded entriesShown={10}');
    const installed = files();
    expect(run('uninstall', root)).toMatchObject({ status: 1, stderr: expect.stringContaining(card) });
    expect(files()).toEqual(installed);
    expect(run('install', root).stdout).toBe('Everything is in its place already.\n');
    expect(run('uninstall', root, '--force').status).toBe(0);
    expect(files()).toEqual(before);
  });

  it('an added file that names versions gets those of today, and is removed all the same', () => {
    const before = checkOut('cinny-one-page');
    run('install', root);
    const card = join(root, 'src/app/features/crypto-diagnostics/CryptoDiagnosticsCard.tsx');
    expect(readFileSync(card, 'utf8')).toContain("{ app: 'Cinny 4.2.3-lotus.2', sdkVersion: '34.4.0' }");
    edit('package.json', '"4.2.3-lotus.2"', '"4.2.4"');
    edit('package.json', '"34.4.0"', '"34.11.1"');
    run('install', root, '--force');
    expect(readFileSync(card, 'utf8')).toContain("{ app: 'Cinny 4.2.4', sdkVersion: '34.11.1' }");
    edit('package.json', '"4.2.4"', '"4.2.3-lotus.2"');
    edit('package.json', '"34.11.1"', '"34.4.0"');
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });

  it('what it leaves to the people of the checkout, it says', () => {
    checkOut('cinny-aliased');
    const { stdout } = run('install', root);
    expect(stdout).toContain('Left to you: src/client/initMatrix.ts names the crypto store at run time');
    expect(stdout).toContain('Next: pnpm install');
  });

  it.each([
    [[]],
    [['install']],
    [['mend', '.']],
    [['install', '.', '--wrong']],
    [['install', '/nowhere']],
  ])('what it cannot do with %j, it says, without a stack', (args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Usage: lotus-crypto-diag install|there is no \/nowhere/);
    expect(stderr).not.toContain('    at ');
  });
});
