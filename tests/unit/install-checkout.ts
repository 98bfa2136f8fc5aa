// A checkout of a host in a temporary folder, and the packed `lotus-crypto-diag install` to run on it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, vi } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
export const fixtures = join(here, '../fixtures');
export const command = join(here, '../../pkg-glue/dist/bin/lotus-crypto-diag.js');

// Each run starts a process.
vi.setConfig({ testTimeout: 60_000 });

/** The checkout of the current test. */
export let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

export const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'core.autocrlf=false', ...args], { encoding: 'utf8' });

/** Commits all files. */
export function commit(message: string): void {
  git('add', '-A');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '-qm', message);
}

export function checkOut(shape: string): Map<string, string> {
  cpSync(join(fixtures, shape), root, { recursive: true });
  git('init', '-q');
  commit(shape);
  return files();
}

/** The bytes of every file. */
export function files(): Map<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !/^\.git(\/|$)/.test(path));
  const found = paths.filter((path) => statSync(join(root, path)).isFile()).sort();
  return new Map(found.map((path) => [path, readFileSync(join(root, path), 'latin1')]));
}

/** Runs like npx, but with `--package`: the work tree's command does not come from a tarball. */
export function run(...args: string[]) {
  const isInstall = args[0] === 'install' && args.length > 1 && !args.includes('--package');
  return runWith({}, command, ...args, ...(isInstall ? ['--package', '^0.1.0'] : []));
}

export function runWith(environment: Record<string, string>, script: string, ...args: string[]) {
  const env = { ...process.env, npm_command: '', npm_config_package: '', ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

export const edit = (path: string, from: string, to: string) => {
  const text = readFileSync(join(root, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(root, path), text.replace(from, to));
};
