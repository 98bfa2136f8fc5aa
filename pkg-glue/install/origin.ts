// Where the command that runs was installed from: a host whose package.json names the same gets the same.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import { field, isText, readJson } from './json';

const PACKAGE = 'lotus-crypto-diag';

/** The version or address for the host's package.json; `null` where it cannot be found out. */
export function originFor(root: string, script: string, environment: NodeJS.ProcessEnv): string | null {
  return fromNpx(root, environment) ?? fromInstaller(root, script);
}

/** For a tarball: its path relative to the host. */
export const fileSpecifier = (root: string, tarball: string): string => {
  const way = relative(root, tarball);
  return `file:${(isAbsolute(way) ? tarball : way).split(sep).join('/')}`;
};

/**
 * `npx --package <tarball>`. npm caches the unpacked package by the text of the command: the cached package.json may name
 * another folder, in which the same command was run before.
 */
function fromNpx(root: string, environment: NodeJS.ProcessEnv): string | null {
  if (environment['npm_command'] !== 'exec') return null;
  const cwd = environment['INIT_CWD'] ?? '.';
  const tarballs = (environment['npm_config_package'] ?? '')
    .split('\n')
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => resolve(cwd, name.replace(/^file:/, '')));
  const [tarball, another] = tarballs.filter((path) => existsSync(path));
  return tarball && !another ? fileSpecifier(root, realpathSync(tarball)) : null;
}

/** The package.json of what this package is installed in: a host, or the folder that npx, pnpm dlx or yarn dlx has made. */
function fromInstaller(root: string, script: string): string | null {
  for (let folder = dirname(script); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    const text = existsSync(manifest) ? readFileSync(manifest, 'utf8') : null;
    const named = field(field(readJson(text), 'dependencies'), PACKAGE);
    if (!isText(named)) continue;
    if (!/^(file|link):|^[./]/.test(named)) return named;
    const tarball = resolve(folder, named.replace(/^\w+:/, ''));
    return tarball.endsWith('.tgz') && existsSync(tarball) ? fileSpecifier(root, realpathSync(tarball)) : null;
  }
  return null;
}
