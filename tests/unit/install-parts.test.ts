// Which parts are installed: where a place is missing or the host has its own, the others are put in without it.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkOut, files, fixtures, root, run } from './install-checkout';

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
