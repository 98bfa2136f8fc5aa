// A private Python environment with Synapse.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SYNAPSE = 'matrix-synapse==1.163.*';
const POSTGRES_DRIVER = 'psycopg2-binary==2.9.*';
const folder = join(dirname(fileURLToPath(import.meta.url)), '.venv');

export const PYTHON = join(folder, 'bin/python');

/**
 * Installs Synapse into `.venv` unless it is there; optionally with the driver for PostgreSQL.
 *
 * @param {{ postgres?: boolean }} [options]
 */
export async function installSynapse({ postgres = false } = {}) {
  // The interpreter in it is a link, which breaks when the system's Python is removed.
  if (!existsSync(PYTHON) || !has('installed', SYNAPSE)) {
    console.log('Installing Synapse into tests/homeserver/.venv (once, half a minute)');
    rmSync(folder, { recursive: true, force: true });
    try {
      await run('python3', ['-m', 'venv', folder]);
    } catch (error) {
      throw new Error(
        `python3 -m venv does not work here. On Debian: apt install python3-venv\n${/** @type {Error} */ (error).message}`,
      );
    }
    await install('installed', SYNAPSE);
  }
  if (postgres && !has('installed-driver', POSTGRES_DRIVER)) await install('installed-driver', POSTGRES_DRIVER);
}

/**
 * @param {string} marker
 * @param {string} requirement
 */
function has(marker, requirement) {
  const path = join(folder, marker);
  return existsSync(path) && readFileSync(path, 'utf8') === requirement;
}

/**
 * The marker is written last, so that an interrupted install does not count.
 *
 * @param {string} marker
 * @param {string} requirement
 */
async function install(marker, requirement) {
  // The script `pip` names the folder in which it was made: in a copy of the checkout it does not start.
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
  writeFileSync(join(folder, marker), requirement);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${output.trim()}`));
    });
  });
}
