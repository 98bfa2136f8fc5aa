// `lotus-crypto-diag install <checkout>`: installs the package into a checkout of Cinny or a fork of it.

import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createTwoFilesPatch } from 'diff';

import { type Change, Checkout } from './checkout';
import { fileSpecifier, originFor } from './origin';
import { NotUnderstood, PARTS, type Part } from './places';
import { isDependency, planInstall, planUninstall } from './plan';

const USAGE = `Usage: lotus-crypto-diag install <checkout> [--dry-run] [--force] [--without <part>] [--package <version or .tgz>]
       lotus-crypto-diag uninstall <checkout> [--dry-run] [--force]

Adds lotus-crypto-diag to a checkout of Cinny, or of a fork of it: the import to the app's entry, the card to the
Developer Tools, the tab gate and the recovery prompt to where the client is started, and a plugin to Vite's
configuration.

  --dry-run   shows what would change, as a diff, and changes nothing
  --force     also where the work tree has changes that are not committed
  --without   leaves a part out: card, gate or recovery; can be given several times
  --package   what package.json shall name: a packed tarball, or a version; by default what this command came from`;

const BY_HAND = `By hand, it is put into these places:

  1. first in the app's entry:
       import 'lotus-crypto-diag/auto';
  2. in the Developer Tools (card):
       <CryptoDiagnostics mx={mx} />
  3. around what starts the client (gate):
       <TabGate name={\`\${userId} \${deviceId}\`} onYield={stopClient} onLost={stopClient}>
         <CryptoStoreGate userId={userId} deviceId={deviceId} onSignOut={signOut}>…</CryptoStoreGate>
       </TabGate>
  4. beneath that, where the client is there (recovery):
       <CryptoRecoveryPrompt mx={mx} onLogout={logout} />
  5. in Vite's configuration, so that the app starts sooner:
       plugins: [cryptoDiagChunk(), …]   with   import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';

with   import { CryptoDiagnostics, CryptoRecoveryPrompt, CryptoStoreGate, TabGate } from 'lotus-crypto-diag/react';`;

/** An error that is printed without its stack. */
class Refusal extends Error {}

export function main(args: string[]): number {
  try {
    return run(args);
  } catch (error) {
    const isExpected = error instanceof Refusal || error instanceof NotUnderstood;
    console.error(isExpected ? error.message : error);
    if (error instanceof NotUnderstood) console.error(`\nNothing was changed. ${withoutHint(error.parts)}${BY_HAND}`);
    return 1;
  }
}

function withoutHint(parts: Part[]): string {
  if (parts.length === 0) return '';
  return `The rest can be put in with   ${parts.map((part) => `--without ${part}`).join(' ')}\n\n`;
}

function run(args: string[]): number {
  const { values, positionals } = readArgs(args);
  const [command, path, ...more] = positionals;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if ((command !== 'install' && command !== 'uninstall') || !path || more.length > 0) throw new Refusal(USAGE);
  if (!existsSync(path)) throw new Refusal(`there is no ${path}`);

  const root = realpathSync(path);
  const checkout = new Checkout(root);
  const { modifiedFiles, notes } =
    command === 'uninstall'
      ? planUninstall(checkout)
      : {
          modifiedFiles: [],
          notes: planInstall(checkout, versionFor(values.package, checkout), partsWithout(values.without)),
        };

  const changes = checkout.changes();
  if (changes.length === 0) {
    console.log(command === 'install' ? 'Everything is in its place already.' : 'There is nothing to take out.');
    return 0;
  }
  if (values['dry-run']) {
    for (const change of changes) console.log(patchOf(change));
    return 0;
  }
  if (!values.force) refuseIfChangesWouldBeLost(root, command, modifiedFiles, filesThatMayHaveChanges(checkout));
  checkout.write();
  for (const { path: name, before, after } of changes) {
    console.log(`${before === null ? 'added  ' : after === null ? 'removed' : 'changed'} ${name}`);
  }
  for (const note of notes) console.log(`\nLeft to you: ${note}`);
  console.log(`\nNext: ${packageManagerOf(checkout)} install`);
  return 0;
}

function readArgs(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        force: { type: 'boolean' },
        package: { type: 'string' },
        without: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function partsWithout(values: string[] = []): Set<Part> {
  const without = values.flatMap((names) => names.split(','));
  const unknown = without.filter((name) => !PARTS.includes(name as Part));
  if (unknown.length > 0) throw new Refusal(`--without ${unknown.join(' ')}: the parts are ${PARTS.join(', ')}`);
  return new Set(PARTS.filter((part) => !without.includes(part)));
}

function versionFor(requested: string | undefined, checkout: Checkout): string | null {
  const { root } = checkout;
  if (requested === undefined) {
    const origin = originFor(root, realpathSync(fileURLToPath(import.meta.url)), process.env);
    if (origin === null && !isDependency(checkout)) {
      const tarball = `lotus-crypto-diag-${__VERSION__}.tgz`;
      throw new Refusal(
        `Nothing tells what package.json shall name. Say where the package is: --package path/to/${tarball}`,
      );
    }
    return origin;
  }
  if (!requested.endsWith('.tgz') || /^https?:/.test(requested)) return requested;
  const tarball = resolve(requested.replace(/^file:/, ''));
  if (!existsSync(tarball)) throw new Refusal(`there is no ${requested}`);
  return fileSpecifier(root, realpathSync(tarball));
}

const LOCK_FILES = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'package-lock.json': 'npm' };

const packageManagerOf = (checkout: Checkout): string =>
  Object.entries(LOCK_FILES).find(([path]) => checkout.read(path) !== null)?.[1] ?? 'npm';

/**
 * Files that may have uncommitted changes: a tarball put into the checkout, and package.json if it already names the
 * package.
 */
function filesThatMayHaveChanges(checkout: Checkout): string[] {
  const change = checkout.changes().find(({ path }) => path === 'package.json');
  const tarballPattern = /"file:([^"]+\.tgz)"/g;
  const tarballs = [...(checkout.read('package.json') ?? '').matchAll(tarballPattern)].flatMap(
    ([, path]) => path ?? [],
  );
  return [...tarballs, ...(change ? [] : ['package.json', ...Object.keys(LOCK_FILES)])];
}

/** Uncommitted changes could not be restored if something goes wrong. */
function refuseIfChangesWouldBeLost(
  root: string,
  command: string,
  modifiedFiles: string[],
  mayHaveChanges: string[],
): void {
  if (command === 'uninstall') {
    // In the host's own files only the added lines are removed; these files would be deleted, with all changes to them.
    if (modifiedFiles.length > 0)
      throw new Refusal(`changed since they were added; --force removes them:\n${modifiedFiles.join('\n')}`);
    return;
  }
  const status = gitStatus(root, mayHaveChanges);
  if (status === null) throw new Refusal(`${root} is no git work tree; --force goes on all the same`);
  if (status)
    throw new Refusal(`the work tree has changes that are not committed; --force goes on all the same:\n${status}`);
}

function gitStatus(root: string, ignored: string[]): string | null {
  const excluded = ignored.filter((path) => !path.startsWith('..')).map((path) => `:(exclude,literal)${path}`);
  try {
    return execFileSync('git', ['-C', root, 'status', '--porcelain', '-uall', '--', '.', ...excluded], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trimEnd();
  } catch {
    return null;
  }
}

function patchOf({ path, before, after }: Change): string {
  const from = before === null ? '/dev/null' : `a/${path}`;
  const to = after === null ? '/dev/null' : `b/${path}`;
  return createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, { context: 3 }).replace(
    /^=+\n/,
    '',
  );
}

process.exitCode = main(process.argv.slice(2));
