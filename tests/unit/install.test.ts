// The packed `lotus-crypto-diag install` on checkouts with the structures that Cinny and its forks have had.
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkOut, edit, files, fixtures, git, root, run } from './install-checkout';

const SHAPES = ['cinny-4.5', 'cinny-4.8', 'cinny-4.11', 'cinny-one-page', 'cinny-aliased'];

describe.each(SHAPES)('a checkout in the shape of %s', (shape) => {
  it('is not changed by a dry run, which shows the changes', async () => {
    const before = checkOut(shape);
    const { status, stdout, stderr } = run('install', root, '--dry-run');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
    await expect(stdout).toMatchFileSnapshot(join(fixtures, 'installed', `${shape}.diff`));
  });

  it('gets the changes of the dry run, and a second run changes nothing', () => {
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

  it('has its original bytes after uninstall', () => {
    const before = checkOut(shape);
    run('install', root);
    expect(files()).not.toEqual(before);
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
    expect(git('status', '--porcelain')).toBe('');
  });

  it('keeps later changes of its developers', () => {
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

describe('the entry', () => {
  it('is the module that renders the app', () => {
    checkOut('cinny-aliased');
    run('install', root);
    expect(files().get('src/index.tsx')).toContain('lotus-crypto-diag/auto');
    expect(files().get('public/global-shim.js')).not.toContain('lotus-crypto-diag');
  });

  it('may render the app in a module that it imports', () => {
    checkOut('cinny-aliased');
    writeFileSync(join(root, 'src/boot.tsx'), files().get('src/index.tsx') ?? '');
    writeFileSync(join(root, 'src/index.tsx'), "import('./boot');\n");
    run('install', root, '--force');
    expect(files().get('src/index.tsx')).toBe("import 'lotus-crypto-diag/auto';\nimport('./boot');\n");
  });

  it('is ambiguous if several modules render the app, and the message names them', () => {
    checkOut('cinny-4.11');
    edit('index.html', '</body>', '<script type="module" src="/src/other.tsx"></script></body>');
    writeFileSync(join(root, 'src/other.tsx'), 'createRoot(document.body).render(null);\n');
    const { status, stderr } = run('install', root, '--force');
    expect(status).toBe(1);
    expect(stderr).toContain('several modules that draw the app:\n  src/index.tsx\n  src/other.tsx\n');
  });
});

describe('the install command', () => {
  it('changes no modified work tree without --force', () => {
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

  it('changes no folder outside of git without --force', () => {
    cpSync(join(fixtures, 'cinny-4.11'), root, { recursive: true });
    const before = files();
    expect(run('install', root)).toMatchObject({ status: 1, stderr: expect.stringContaining('no git work tree') });
    expect(files()).toEqual(before);
  });

  it('does not change an unknown checkout, and names the places that it looks for', () => {
    const before = checkOut('cinny-other');
    const { status, stdout, stderr } = run('install', root);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^not found: a SequenceCard that offers the access token/);
    expect(stderr).toContain("import 'lotus-crypto-diag/auto';");
    expect(stderr).toContain('<CryptoDiagnostics mx={mx} />');
    expect(stderr).toContain('<TabGate');
    expect(stderr).toContain("import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';");
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
    ['an entry that cannot be parsed', 'src/index.tsx', 'import {{\n', 'src/index.tsx cannot be parsed'],
    ['no way to log out', 'src/client/initMatrix.ts', 'export const initClient = async () => {};\n', 'logoutClient'],
    ['a package.json that cannot be parsed', 'package.json', '{ "name": \n', 'package.json'],
  ])('does not change a checkout that has %s', (_, path, text, reason) => {
    checkOut('cinny-4.11');
    writeFileSync(join(root, path), text);
    const before = files();
    const { status, stderr } = run('install', root, '--force');
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('Nothing was changed.');
    expect(files()).toEqual(before);
  });

  it('moves its import back to the first place', () => {
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

  it('removes a modified file only with --force', () => {
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

  it('updates the versions in an added file, and uninstall removes the file', () => {
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

  it.each([
    'workspace:*',
    'catalog:',
    'github:example/matrix-js-sdk',
  ])('adds the version of the SDK to an added file that lacks it, and uninstall removes the file: %s', (address) => {
    checkOut('cinny-one-page');
    edit('package.json', '"34.4.0"', JSON.stringify(address));
    const before = files();
    run('install', root, '--force');
    const card = join(root, 'src/app/features/crypto-diagnostics/CryptoDiagnosticsCard.tsx');
    expect(readFileSync(card, 'utf8')).toContain("{ app: 'Cinny 4.2.3-lotus.2' }");
    edit('package.json', '"4.2.3-lotus.2"', '"4.2.4"');
    run('install', root, '--force');
    expect(readFileSync(card, 'utf8')).toContain("{ app: 'Cinny 4.2.4' }");
    edit('package.json', '"4.2.4"', '"4.2.3-lotus.2"');
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });

  it.each([
    '"composite": true',
    '"rootDir": "src"',
  ])('writes versions as text if the compiler allows no file outside of src: %s', (option) => {
    checkOut('cinny-4.11');
    edit('tsconfig.json', '"strict": true', `"strict": true, ${option}`);
    run('install', root, '--force');
    const card = files().get('src/app/features/crypto-diagnostics/CryptoDiagnosticsCard.tsx');
    expect(card).toContain("const extras = { app: 'Lotus 4.11.1', sdkVersion: '41.7.0' };");
    expect(card).not.toContain('package.json');
  });

  it('prints what is left for the developers of the host', () => {
    checkOut('cinny-aliased');
    const { stdout } = run('install', root);
    expect(stdout).toContain('Left to you: src/client/initMatrix.ts names the crypto store at run time');
    expect(stdout).toContain('Left to you: no function that returns the stored session was found');
    expect(stdout).toContain('Left to you: logoutClient of src/client/initMatrix.ts takes more than the client');
    expect(stdout).toContain('Next: pnpm install');
  });

  it.each([
    [[]],
    [['install']],
    [['mend', '.']],
    [['install', '.', '--wrong']],
    [['install', '/nowhere']],
  ])('explains wrong arguments without a stack: %j', (args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Usage: lotus-crypto-diag install|there is no \/nowhere/);
    expect(stderr).not.toContain('    at ');
  });
});
