// A real, empty Synapse on loopback.
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { writeConfig } from './config.mjs';
import { query } from './query.mjs';
import { PYTHON } from './venv.mjs';

export { installSynapse } from './venv.mjs';

/**
 * For PostgreSQL: the settings of `psycopg2.connect` (host, port, user, password, dbname).
 *
 * @typedef {'sqlite' | { postgres: Record<string, string | number> }} Database
 * @typedef {Awaited<ReturnType<typeof startSynapse>>} Synapse
 */

const START_BOUND_MS = 90_000;
const STOP_BOUND_MS = 10_000;

// Synapse reads from a pipe of this process and exits when it closes: not even a SIGKILL of this process leaves a
// Synapse behind that occupies the port.
const RUN = `
import os, runpy, threading
def leave_with_parent():
    while os.read(0, 1):
        pass
    os._exit(1)
threading.Thread(target=leave_with_parent, daemon=True).start()
runpy.run_module('synapse.app.homeserver', run_name='__main__', alter_sys=True)
`;

/**
 * Starts a Synapse in an empty folder and waits until it answers.
 *
 * @param {{ port: number, directory?: string, serverName?: string, database?: Database }} options
 */
export async function startSynapse({ port, directory, serverName = 'lab.local', database = 'sqlite' }) {
  const baseUrl = `http://127.0.0.1:${port}`;
  const folder = directory ?? join(dirname(fileURLToPath(import.meta.url)), '.run', String(port));
  // Checked first: the folder may belong to a running Synapse, whose answer would be mistaken for this one's.
  await assertFree(port);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const secret = randomBytes(24).toString('hex');
  const { config, sqlite } = writeConfig({ port, directory: folder, serverName, database, secret });

  const logFile = join(folder, 'homeserver.log');
  const log = openSync(logFile, 'a');
  const child = spawn(PYTHON, ['-c', RUN, '--config-path', config], {
    cwd: folder,
    // The times in its log are UTC, as in a report.
    env: { ...process.env, TZ: 'UTC' },
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  let ended = '';
  /** @type {Promise<string>} resolves when the process has ended, with how it ended */
  const exited = new Promise((resolve) => {
    const settle = (/** @type {string} */ how) => {
      ended = how;
      resolve(how);
    };
    child.on('exit', (code, signal) => settle(`exit ${code ?? signal}`));
    child.on('error', (error) => settle(error.message));
  });

  const logTail = () => readFileSync(logFile, 'utf8').split('\n').slice(-40).join('\n');

  async function stop() {
    if (ended) return;
    child.kill('SIGTERM');
    const bound = new AbortController();
    const late = sleep(STOP_BOUND_MS, 'late', { signal: bound.signal }).catch(() => '');
    if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
    bound.abort();
    await exited;
  }

  const bound = Date.now() + START_BOUND_MS;
  while (!(await answers(`${baseUrl}/_matrix/client/versions`))) {
    if (!ended && Date.now() < bound) {
      await sleep(100);
      continue;
    }
    const why = ended || `no answer within ${START_BOUND_MS / 1000} s`;
    await stop();
    throw new Error(`Synapse did not start (${why}). The end of ${logFile}:\n${logTail()}`);
  }

  return {
    baseUrl,
    pid: /** @type {number} */ (child.pid),
    database: /** @type {'sqlite' | 'postgres'} */ (database === 'sqlite' ? database : 'postgres'),
    logFile,
    logTail,
    exited,
    stop,

    /**
     * @param {string} localpart
     * @param {string} password
     * @returns {Promise<{ userId: string }>}
     */
    async register(localpart, password) {
      const url = `${baseUrl}/_synapse/admin/v1/register`;
      const { nonce } = /** @type {{ nonce: string }} */ (await (await fetch(url)).json());
      const mac = createHmac('sha1', secret).update([nonce, localpart, password, 'notadmin'].join('\0')).digest('hex');
      const body = JSON.stringify({ nonce, username: localpart, password, admin: false, mac, inhibit_login: true });
      const answer = await fetch(url, { method: 'POST', body });
      if (!answer.ok) throw new Error(`Synapse does not register ${localpart}: ${await answer.text()}`);
      const { user_id: userId } = /** @type {{ user_id: string }} */ (await answer.json());
      return { userId };
    },

    /**
     * Reads the database. Bytes are returned as hexadecimal.
     *
     * @param {string} sql one statement, with `?` for each parameter
     * @param {...(string | number | boolean | null)} params
     * @returns {Promise<Record<string, string | number | null>[]>}
     */
    query: (sql, ...params) => query(database === 'sqlite' ? { sqlite } : database, sql, params),
  };
}

/**
 * @param {number} port
 * @returns {Promise<void>}
 */
function assertFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', (error) => reject(new Error(`Port ${port} is not free: ${error.message}`)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}
