// Builds the hosts for production: the app in its own tool chain, without the package or with it as released (packed,
// and installed by its own command).
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const home = join(here, '../../pkg-glue');

/** @typedef {'classic' | 'newest'} Host */
/** @typedef {'with' | 'without'} Variant with or without the package */

/**
 * The folder of a host's sources. Their imports resolve to the `node_modules` of the tool chain, two folders above.
 *
 * @param {Host} host
 * @param {Variant} variant
 */
const rootOf = (host, variant) => join(here, host, 'dist', variant);

/**
 * @param {Host} host
 * @param {Variant} variant
 */
export const builtOf = (host, variant) => join(rootOf(host, variant), 'dist');

/** Packs the package and resolves to the tarball's path. */
export async function pack() {
  const folder = join(here, 'dist');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return join(folder, (await run('npm', ['pack', '--silent', '--pack-destination', folder], home)).trim());
}

/**
 * Copies the sources without building them.
 *
 * @param {Host} host
 * @param {string} [tarball] of the package; if missing, the host is prepared without it
 */
export async function prepare(host, tarball) {
  const root = rootOf(host, tarball ? 'with' : 'without');
  rmSync(root, { recursive: true, force: true });
  cpSync(join(here, 'app'), root, { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'vite.config.js']) {
    cpSync(join(here, host, name), join(root, name));
  }
  if (!tarball) return;
  const installed = join(root, 'node_modules/lotus-crypto-diag');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], root);
  const command = join(installed, 'dist/bin/lotus-crypto-diag.js');
  // `--force`, because git ignores the folder: nothing in it can be lost.
  await run(process.execPath, [command, 'install', root, '--force', '--package', tarball], root);
}

/**
 * @param {Host} host
 * @param {Variant} variant
 */
export async function build(host, variant) {
  await run(process.execPath, [tool(host, 'vite/bin/vite.js'), 'build'], rootOf(host, variant));
}

/**
 * The errors of the host's TypeScript, without line numbers.
 *
 * @param {Host} host
 * @param {Variant} variant
 */
export async function typeErrors(host, variant) {
  const options = ['--noEmit', '--pretty', 'false'];
  const output = await run(
    process.execPath,
    [tool(host, 'typescript/bin/tsc'), ...options],
    rootOf(host, variant),
    [2],
  );
  return output
    .split(/\n(?=\S)/)
    .map((error) => error.trim().replace(/\(\d+,\d+\)/, ''))
    .filter((error) => error !== '');
}

/**
 * The messages of the host's ESLint, without line numbers; `undefined` if the host has no ESLint.
 *
 * @param {Host} host
 * @param {Variant} variant
 */
export async function lintErrors(host, variant) {
  const eslint = tool(host, 'eslint/bin/eslint.js');
  if (!existsSync(eslint)) return undefined;
  const root = rootOf(host, variant);
  const output = await run(process.execPath, [eslint, '--ext', 'ts,tsx', '--format', 'json', 'src'], root, [1]);
  /** @type {{ filePath: string, messages: { ruleId: string, message: string }[] }[]} */
  const files = JSON.parse(output);
  return files.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId, message }) => `${relative(root, filePath)} ${ruleId}: ${message}`),
  );
}

/**
 * @param {Host} host
 * @param {string} path
 */
const tool = (host, path) => join(here, host, 'node_modules', path);

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {number[]} expected other exit codes than 0
 */
async function run(command, args, cwd, expected = []) {
  try {
    return (await promisify(execFile)(command, args, { cwd, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { code, stdout, stderr } = /** @type {{ code: number, stdout: string, stderr: string }} */ (error);
    if (expected.includes(code)) return stdout;
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}
