// Which parts are installed: if a place is missing or the host has its own part, the others are installed without it.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkOut, edit, files, fixtures, root, run } from './install-checkout';

describe('installing some of the parts', () => {
  const names = ['CryptoDiagnosticsCard', 'CryptoTabGate', 'CryptoRecovery'];
  const added = () =>
    names.filter((name) =>
      [...files().values()].some((text) => text.includes(`<${name} `) || text.includes(`<${name}>`)),
    );

  it('if a place is missing, the message names the option that installs the other parts', () => {
    const before = checkOut('cinny-4.2');
    const { status, stderr } = run('install', root);
    expect(status).toBe(1);
    expect(stderr).toContain('Nothing was changed. The rest can be put in with   --without card\n');
    expect(files()).toEqual(before);
  });

  it('--without card installs the other parts, and uninstall removes them', async () => {
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
    [['card'], ['CryptoTabGate', 'CryptoRecovery']],
    [['gate'], ['CryptoDiagnosticsCard', 'CryptoRecovery']],
    [['recovery'], ['CryptoDiagnosticsCard', 'CryptoTabGate']],
    [['gate,recovery'], ['CryptoDiagnosticsCard']],
    [['card', 'gate', 'recovery'], []],
  ])('after installing without %j and then all parts, uninstall restores every byte', (left, expected) => {
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
    run('install', root);
    const whole = files();
    run('uninstall', root);
    run('install', root, ...options);
    expect(run('install', root, '--force')).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(whole);
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files()).toEqual(before);
  });

  it('the gate gets the client also without the recovery', () => {
    checkOut('cinny-4.11');
    run('install', root, '--without', 'recovery');
    const added = [...files()].filter(([path]) => path.includes('crypto-diagnostics'));
    expect(added.some(([, text]) => text.includes('setGatedClient(mx)'))).toBe(true);
    expect(files().get('src/app/pages/client/ClientRoot.tsx')).toContain('<CryptoStoreWatch />');
  });

  it('a part can be added later, also if the host has extended the index file', () => {
    const before = checkOut('cinny-4.11');
    const index = 'src/app/features/crypto-diagnostics/index.ts';
    run('install', root, '--without', 'card');
    appendFileSync(join(root, index), "export * from './own';\n");
    run('install', root, '--force');
    expect(added()).toEqual(names);
    expect(files().get(index)?.split('\n').slice(-3)).toEqual([
      "export * from './own';",
      "export * from './CryptoDiagnosticsCard';",
      '',
    ]);
    expect(run('uninstall', root)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/remove\w* them:\n.*index\.ts\n$/),
    });
    expect(run('uninstall', root, '--force').status).toBe(0);
    expect(files()).toEqual(before);
  });

  it('the recovery replaces the watch, also if its element was moved', () => {
    checkOut('cinny-4.11');
    run('install', root, '--without', 'recovery');
    const clientRoot = 'src/app/pages/client/ClientRoot.tsx';
    edit(clientRoot, '      <CryptoStoreWatch />\n', '');
    edit(clientRoot, '{children}</Box>', '<CryptoStoreWatch />{children}</Box>');
    run('install', root, '--force');
    expect(files().get(clientRoot)).toContain('<CryptoRecovery />{children}</Box>');
    expect([...files()].filter(([path, text]) => `${path} ${text}`.includes('CryptoStoreWatch'))).toEqual([]);
  });

  it('the file of a modified watch is kept, and the output says so', () => {
    checkOut('cinny-4.11');
    run('install', root, '--without', 'recovery');
    const watch = 'src/app/features/crypto-diagnostics/CryptoStoreWatch.tsx';
    edit(watch, 'checkCryptoStore(mx)', "checkCryptoStore(mx, { databasePrefix: 'own' })");
    const { stdout } = run('install', root, '--force');
    expect(stdout).toContain(`Left to you: ${watch} was changed, and CryptoRecovery is used in its place`);
    expect(files().get(watch)).toContain("databasePrefix: 'own'");
    expect(files().get('src/app/pages/client/ClientRoot.tsx')).not.toContain('CryptoStoreWatch');
  });

  it('a watch beside the recovery is removed', () => {
    checkOut('cinny-4.11');
    run('install', root);
    const installed = files();
    const clientRoot = 'src/app/pages/client/ClientRoot.tsx';
    edit(clientRoot, '<CryptoRecovery />', '<CryptoStoreWatch />\n      <CryptoRecovery />');
    edit(
      clientRoot,
      'import { CryptoRecovery }',
      "import { CryptoStoreWatch } from '../../features/crypto-diagnostics';\nimport { CryptoRecovery }",
    );
    run('install', root, '--force');
    expect(files()).toEqual(installed);
  });

  it('--without recovery adds no watch if the recovery is installed', () => {
    checkOut('cinny-4.11');
    run('install', root);
    expect(run('install', root, '--without', 'recovery').stdout).toBe('Everything is in its place already.\n');
  });

  it('an unknown part is refused with a list of the known parts', () => {
    checkOut('cinny-4.11');
    const { status, stderr } = run('install', root, '--without', 'cards');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '--without cards: the parts are card, gate, recovery\n' });
  });
});
