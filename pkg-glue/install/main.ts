// `lotus-crypto-diag install <checkout>`: puts the package into a checkout of Cinny or of a fork of it.

import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { createTwoFilesPatch } from 'diff';

import { type Change, Checkout } from './checkout';
import { NotUnderstood } from './places';
import { planInstall, planUninstall } from './plan';

const USAGE = `Usage: lotus-crypto-diag install <checkout> [--dry-run] [--force] [--package <version or .tgz>]
       lotus-crypto-diag uninstall <checkout> [--dry-run] [--force]

Adds lotus-crypto-diag to a checkout of Cinny, or of a fork of it: the import to the app's entry, the card to the
Developer Tools, the tab gate and the recovery prompt to where the client is started.

  --dry-run   shows what would change, as a diff, and changes nothing
  --force     also where the work tree has changes that are not committed
  --package   what package.json shall name: a version, or a packed tarball`;

const BY_HAND = `Nothing was changed. By hand, it takes three lines:

  1. first in the app's entry:          import 'lotus-crypto-diag/auto';
  2. in the Developer Tools:            <CryptoDiagnostics mx={mx} />
  3. around what starts the client:     <TabGate name={\`\${userId} \${deviceId}\`}>…</TabGate>

with   import { CryptoDiagnostics, TabGate } from 'lotus-crypto-diag/react';`;

/** Something that is said without a stack. */
class Refusal extends Error {}

export function main(args: string[]): number {
  try {
    return run(args);
  } catch (error) {
    const isExpected = error instanceof Refusal || error instanceof NotUnderstood;
    console.error(isExpected ? error.message : error);
    if (error instanceof NotUnderstood) console.error(`\n${BY_HAND}`);
    return 1;
  }
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
  const version = versionFor(values.package, root);
  const edited = command === 'install' ? [] : planUninstall(checkout, version);
  if (command === 'install') planInstall(checkout, version);

  const changes = checkout.changes();
  if (changes.length === 0) {
    console.log(command === 'install' ? 'Everything is in its place already.' : 'There is nothing to take out.');
    return 0;
  }
  if (values['dry-run']) {
    for (const change of changes) console.log(patchOf(change));
    return 0;
  }
  if (!values.force) refuseToSpoil(root, command, edited);
  checkout.write();
  for (const { path: name, before, after } of changes) {
    console.log(`${before === null ? 'added  ' : after === null ? 'removed' : 'changed'} ${name}`);
  }
  console.log('\nNext: npm install');
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
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function versionFor(given: string | undefined, root: string): string {
  if (given === undefined) return `^${__VERSION__}`;
  if (!given.endsWith('.tgz')) return given;
  if (!existsSync(given)) throw new Refusal(`there is no ${given}`);
  return `file:${relative(root, resolve(given)).split(sep).join('/')}`;
}

/** What is not committed cannot be had back, should this go wrong. */
function refuseToSpoil(root: string, command: string, edited: string[]): void {
  if (command === 'uninstall') {
    // The lines that were put in are taken out one by one; only these files would go with all that is in them.
    if (edited.length > 0)
      throw new Refusal(`changed since they were added; --force removes them:\n${edited.join('\n')}`);
    return;
  }
  const status = gitStatus(root);
  if (status === null) throw new Refusal(`${root} is no git work tree; --force goes on all the same`);
  if (status)
    throw new Refusal(`the work tree has changes that are not committed; --force goes on all the same:\n${status}`);
}

function gitStatus(root: string): string | null {
  try {
    return execFileSync('git', ['-C', root, 'status', '--porcelain', '--', '.'], {
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
