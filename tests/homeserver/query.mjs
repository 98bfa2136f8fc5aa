// Reads Synapse's database, whichever it is, by its own Python: no driver in Node, and no way to write.
import { execFile } from 'node:child_process';

import { PYTHON } from './venv.mjs';

const BOUND_MS = 20_000;

const READ = `
import json, pathlib, sys
asked = json.load(sys.stdin)
sql, params = asked['sql'], asked['params']
if 'sqlite' in asked:
    import sqlite3 as driver
    url = pathlib.Path(asked['sqlite']).as_uri() + '?mode=ro'
    database = driver.connect(url, uri=True, timeout=10)
else:
    import psycopg2 as driver
    database = driver.connect(**asked['postgres'])
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
 * @param {{ sqlite: string } | { postgres: Record<string, string | number> }} database a file, or how it is reached
 * @param {string} sql one statement, with `?` for each parameter
 * @param {unknown[]} params
 * @returns {Promise<Record<string, string | number | null>[]>}
 */
export function query(database, sql, params) {
  return new Promise((resolve, reject) => {
    const options = { timeout: BOUND_MS, maxBuffer: 64 * 1024 * 1024 };
    // Isolated: neither the folder nor the environment of the caller takes part.
    const child = execFile(PYTHON, ['-I', '-c', READ], options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message));
      else resolve(JSON.parse(stdout));
    });
    // A program that ended before it read the input says why on its own.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify({ ...database, sql, params }));
  });
}
