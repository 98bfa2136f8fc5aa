// Reads Synapse's database, SQLite or PostgreSQL, through Synapse's own Python: needs no driver in Node, and cannot
// write.
import { execFile } from 'node:child_process';

import { PYTHON } from './venv.mjs';

const BOUND_MS = 20_000;

const READ = `
import json, pathlib, sys
request = json.load(sys.stdin)
sql, params = request['sql'], request['params']
if 'sqlite' in request:
    import sqlite3 as driver
    url = pathlib.Path(request['sqlite']).as_uri() + '?mode=ro'
    database = driver.connect(url, uri=True, timeout=10)
else:
    import psycopg2 as driver
    database = driver.connect(**request['postgres'])
    database.set_session(readonly=True)
    if params:
        sql = sql.replace('%', '%%').replace('?', '%s')
try:
    cursor = database.cursor()
    cursor.execute(sql, params or ())
    rows = cursor.fetchall()
except (driver.Error, driver.Warning, OverflowError) as error:
    sys.exit(f'{type(error).__name__}: {error}')
names = [column[0] for column in cursor.description]
json.dump([dict(zip(names, row)) for row in rows], sys.stdout, default=lambda value: bytes(value).hex())
`;

/**
 * @param {{ sqlite: string } | { postgres: Record<string, string | number> }} database a file, or connection settings
 * @param {string} sql one statement, with `?` for each parameter
 * @param {unknown[]} params
 * @returns {Promise<Record<string, string | number | null>[]>}
 */
export function query(database, sql, params) {
  return new Promise((resolve, reject) => {
    const options = { timeout: BOUND_MS, maxBuffer: 64 * 1024 * 1024 };
    // Isolated from the caller's folder and environment.
    const child = execFile(PYTHON, ['-I', '-c', READ], options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message));
      else resolve(JSON.parse(stdout));
    });
    // If the program ended before it read its input, its exit reports why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify({ ...database, sql, params }));
  });
}
