// `lotus-crypto-diag install`, as it is packed, on checkouts in the shapes that Cinny and its forks have had.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, '../fixtures');
const command = join(here, '../../pkg-glue/dist/bin/lotus-crypto-diag.js');
const SHAPES = ['cinny-4.2', 'cinny-4.5', 'cinny-4.8', 'cinny-4.11'];

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

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
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

  it('a checkout that it does not understand is untouched, and its people are told the three lines', () => {
    const before = checkOut('cinny-other');
    const { status, stdout, stderr } = run('install', root);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^not found: a SequenceCard that offers the access token/);
    expect(stderr).toContain("import 'lotus-crypto-diag/auto';");
    expect(stderr).toContain('<CryptoDiagnostics mx={mx} />');
    expect(stderr).toContain('<TabGate');
    expect(files()).toEqual(before);
  });

  it.each([
    [
      'the card twice',
      'src/Copy.tsx',
      'const a = <SequenceCard>{mx.getAccessToken()}</SequenceCard>;\n',
      'found 2 times',
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
    edit(card, 'Encryption Diagnostics', 'Verschlüsselung');
    const installed = files();
    expect(run('uninstall', root)).toMatchObject({ status: 1, stderr: expect.stringContaining(card) });
    expect(files()).toEqual(installed);
    expect(run('install', root).stdout).toBe('Everything is in its place already.\n');
    expect(run('uninstall', root, '--force').status).toBe(0);
    expect(files()).toEqual(before);
  });

  it('a packed tarball is named by its way from the checkout', () => {
    checkOut('cinny-4.11');
    const tarball = join(root, '../lotus-crypto-diag-test.tgz');
    expect(run('install', root, '--package', tarball).stderr).toContain('there is no');
    writeFileSync(tarball, '');
    run('install', root, '--package', tarball);
    rmSync(tarball);
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain(
      '"lotus-crypto-diag": "file:../lotus-crypto-diag-test.tgz"',
    );
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
