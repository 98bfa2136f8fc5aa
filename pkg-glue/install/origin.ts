// The origin of the running command: the host's package.json should name the same one.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import { field, isText, readJson } from './json';

const PACKAGE = 'lotus-crypto-diag';

/** The version or address for the host's package.json; `null` if unknown. */
export function originFor(root: string, script: string, environment: NodeJS.ProcessEnv): string | null {
  return fromNpx(root, environment) ?? fromInstaller(root, script);
}

/** A tarball's path relative to the host. */
export const fileSpecifier = (root: string, tarball: string): string => {
  const relativePath = relative(root, tarball);
  return `file:${(isAbsolute(relativePath) ? tarball : relativePath).split(sep).join('/')}`;
};

/**
 * `npx --package <tarball>`. npm caches the unpacked package under the text of the command, so the cached package.json
 * may name another folder in which the same command was run before.
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

/**
 * Reads the package.json of the folder in which this package is installed: a host, or one created by npx, pnpm dlx or
 * yarn dlx.
 */
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
