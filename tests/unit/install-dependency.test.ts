// What the installer writes into package.json and removes from the lock file.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkOut, command, commit, edit, files, root, run, runWith } from './install-checkout';

describe('the dependency in package.json', () => {
  const named = () => JSON.parse(files().get('package.json') ?? '{}').dependencies['lotus-crypto-diag'];
  const parent = () => mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-from-'));

  /** Like a package unpacked by a package manager: the command, in a folder whose package.json names its origin. */
  function unpacked(folder: string, origin: string): string {
    const bin = join(folder, 'node_modules/lotus-crypto-diag/dist/bin');
    cpSync(dirname(command), bin, { recursive: true });
    writeFileSync(join(folder, 'node_modules/lotus-crypto-diag/package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { 'lotus-crypto-diag': origin } }));
    return join(bin, 'lotus-crypto-diag.js');
  }

  it('is a packed tarball by its path from the checkout', () => {
    checkOut('cinny-4.11');
    const tarball = join(root, '../lotus-crypto-diag-test.tgz');
    expect(run('install', root, '--package', tarball).stderr).toContain('there is no');
    writeFileSync(tarball, '');
    run('install', root, '--package', tarball);
    rmSync(tarball);
    expect(named()).toBe('file:../lotus-crypto-diag-test.tgz');
  });

  it('may be an untracked tarball in the checkout', () => {
    checkOut('cinny-4.11');
    const tarball = join(root, 'vendor/lotus-crypto-diag-test.tgz');
    mkdirSync(dirname(tarball));
    writeFileSync(tarball, '');
    expect(run('install', root, '--package', tarball)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe('file:vendor/lotus-crypto-diag-test.tgz');
  });

  it('is the tarball that was passed to npx', () => {
    checkOut('cinny-4.11');
    const folder = parent();
    writeFileSync(join(folder, 'lotus-crypto-diag-test.tgz'), '');
    // npm may have unpacked another tarball of that name before; the cached package.json then names that one's folder.
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
  ])('is %s if the command was installed from one', (_, origin, expected) => {
    checkOut('cinny-4.11');
    const folder = parent();
    writeFileSync(join(folder, 'lotus-crypto-diag-test.tgz'), '');
    const script = unpacked(join(folder, 'unpacked'), origin);
    expect(runWith({}, script, 'install', root)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe(expected(folder));
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['its origin is unknown', null],
    ['its tarball is gone', 'file:../gone.tgz'],
    ['it came from a folder', 'file:../pkg'],
  ])('must be given with --package if %s', (_, origin) => {
    const before = checkOut('cinny-4.11');
    const folder = parent();
    const script = origin === null ? command : unpacked(join(folder, 'unpacked'), origin);
    const { status, stderr } = runWith({}, script, 'install', root);
    expect(status).toBe(1);
    expect(stderr).toMatch(/--package path\/to\/lotus-crypto-diag-\d+\.\d+\.\d+\.tgz\n$/);
    expect(files()).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  it('may already be there from npm, with its lock file', () => {
    checkOut('cinny-4.11');
    edit('package.json', '"matrix-js-sdk"', '"lotus-crypto-diag": "file:../x.tgz",\n    "matrix-js-sdk"');
    writeFileSync(join(root, 'package-lock.json'), '{}\n');
    expect(runWith({}, command, 'install', root)).toMatchObject({ status: 0, stderr: '' });
    expect(named()).toBe('file:../x.tgz');
  });

  it('stays in the devDependencies if the host has it there', () => {
    checkOut('cinny-4.11');
    edit(
      'package.json',
      '"dependencies": {',
      '"devDependencies": {\n    "lotus-crypto-diag": "0.0.9"\n  },\n  "dependencies": {',
    );
    run('install', root, '--package', '0.2.0', '--force');
    const { dependencies, devDependencies } = JSON.parse(files().get('package.json') ?? '{}');
    expect(devDependencies).toEqual({ 'lotus-crypto-diag': '0.2.0' });
    expect(dependencies).not.toHaveProperty('lotus-crypto-diag');
    expect(run('uninstall', root).status).toBe(0);
    expect(files().get('package.json')).not.toContain('lotus-crypto-diag');
  });

  it('is not found in other fields of package.json', () => {
    checkOut('cinny-4.11');
    edit('package.json', '"type": "module"', '"type": "module",\n  "keywords": ["lotus-crypto-diag"]');
    const { status, stderr } = runWith({}, command, 'install', root, '--force');
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('--package path/to/') });
  });

  it('is replaced by another --package', () => {
    checkOut('cinny-4.11');
    run('install', root, '--package', '0.1.0');
    run('install', root, '--package', '0.2.0', '--force');
    expect(named()).toBe('0.2.0');
  });

  it('is removed from the lock file of npm by uninstall', () => {
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
    commit('lock');
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
