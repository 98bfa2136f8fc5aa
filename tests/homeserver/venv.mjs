// A private Python environment with Synapse in it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENT = 'matrix-synapse==1.163.*';
const folder = join(dirname(fileURLToPath(import.meta.url)), '.venv');
// Written last, so that what an interrupted install leaves behind does not count.
const marker = join(folder, 'installed');

export const PYTHON = join(folder, 'bin/python');

/** Installs Synapse into `.venv`, unless it is there. */
export async function installSynapse() {
  // The interpreter there is a link: it breaks when the system's Python goes.
  if (existsSync(PYTHON) && existsSync(marker) && readFileSync(marker, 'utf8') === REQUIREMENT) return;
  console.log('Installing Synapse into tests/homeserver/.venv (once, half a minute)');
  rmSync(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
  } catch (error) {
    throw new Error(
      `python3 -m venv does not work here. On Debian: apt install python3-venv\n${/** @type {Error} */ (error).message}`,
    );
  }
  await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', REQUIREMENT]);
  writeFileSync(marker, REQUIREMENT);
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
