// A PostgreSQL of its own for Synapse: Debian's program, a cluster in a temporary folder, on a socket in that folder.
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

// The pipe on stdin ends with this process, however that ends: no cluster stays behind.
const RUN = '"$@" & server=$!; trap : TERM; read -r _; kill -INT $server; wait $server';

/** Starts a cluster with one empty database; nothing of it outlives `stop`. */
export async function startPostgres() {
  const bin = programs();
  const owner = unprivileged();
  // Not below the project: the path of a socket may have no more than 107 bytes, and another user has to reach it.
  const folder = mkdtempSync(join(tmpdir(), 'lotus-postgres-'));
  chmodSync(folder, 0o700);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const as = { cwd: folder, ...owner };
  const data = join(folder, 'data');

  // Synapse asks for the collation C. Whoever may enter the folder is let in, and that is its owner and root.
  const initdb = ['-D', data, '-U', ROLE, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(join(bin, 'initdb'), initdb, as);

  const logFile = join(folder, 'postgres.log');
  const log = openSync(logFile, 'a');
  // Nothing here is worth a flush to the disk.
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
      const said = readFileSync(logFile, 'utf8');
      await stop();
      throw new Error(`PostgreSQL did not start: ${/** @type {Error} */ (error).message}\n${said}`);
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
 * PostgreSQL refuses to run as root: then it runs as the user that Debian's package has made for it.
 *
 * @returns {{ uid: number, gid: number } | undefined} undefined: as who we are
 */
function unprivileged() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
