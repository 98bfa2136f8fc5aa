// A private PostgreSQL for Synapse: Debian's program, with a cluster in a temporary folder and a socket in that folder.
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const PROGRAMS = '/usr/lib/postgresql';
const ROLE = 'synapse';
const START_BOUND_MS = 30_000;

// The pipe on stdin closes when this process ends for any reason, so that no cluster is left running.
const RUN = '"$@" & server=$!; trap : TERM; read -r _; kill -INT $server; wait $server';

/** Starts a cluster with one empty database; `stop` removes everything. */
export async function startPostgres() {
  const bin = programs();
  const owner = unprivileged();
  // Not inside the project: a socket path may have at most 107 bytes, and another user must be able to reach it.
  const folder = mkdtempSync(join(tmpdir(), 'lotus-postgres-'));
  chmodSync(folder, 0o700);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const as = { cwd: folder, ...owner };
  const data = join(folder, 'data');

  // Synapse requires the collation C. Everybody who can enter the folder is trusted: its owner and root.
  const initdb = ['-D', data, '-U', ROLE, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(join(bin, 'initdb'), initdb, as);

  const logFile = join(folder, 'postgres.log');
  const log = openSync(logFile, 'a');
  // Durability is not needed here.
  const settings = { listen_addresses: '', unix_socket_directories: folder, fsync: 'off', max_connections: '30' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn('sh', ['-c', RUN, 'sh', join(bin, 'postgres'), '-D', data, ...options], {
    ...as,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  const exited = new Promise((resolve) => child.on('exit', resolve));

  async function stop() {
    child.stdin?.end();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }

  const settled = { host: folder, user: ROLE, dbname: 'postgres' };
  const bound = Date.now() + START_BOUND_MS;
  for (;;) {
    try {
      await promisify(execFile)(join(bin, 'psql'), ['-h', folder, '-U', ROLE, '-c', 'SELECT 1', 'postgres'], as);
      return { settings: settled, logFile, stop };
    } catch (error) {
      if (child.exitCode === null && Date.now() < bound) {
        await sleep(100);
        continue;
      }
      const logText = readFileSync(logFile, 'utf8');
      await stop();
      throw new Error(`PostgreSQL did not start: ${/** @type {Error} */ (error).message}\n${logText}`);
    }
  }
}

/** The folder with the programs of the newest version. */
function programs() {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).map(Number).filter(Boolean) : [];
  const newest = versions.sort((a, b) => b - a).find((version) => existsSync(join(PROGRAMS, `${version}/bin/initdb`)));
  if (!newest) throw new Error('PostgreSQL is not here. On Debian: apt install postgresql');
  return join(PROGRAMS, `${newest}/bin`);
}

/**
 * PostgreSQL refuses to run as root: then it runs as the user created by Debian's package.
 *
 * @returns {{ uid: number, gid: number } | undefined} undefined: as the current user
 */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
