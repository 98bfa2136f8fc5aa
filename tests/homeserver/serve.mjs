// Started by Playwright: an empty Synapse and the proxy in front of it, until told to stop.
import { fstatSync } from 'node:fs';

import { startPostgres } from './postgres.mjs';
import { startProxy } from './proxy.mjs';
import { installSynapse, startSynapse } from './synapse.mjs';

const PROXY_PORT = 4200;
const port = Number(process.env['HOMESERVER_PORT'] ?? 4208);
const database = process.env['DATABASE'] || 'sqlite';

/** @type {(() => Promise<void>)[]} to be stopped in reverse order */
const running = [];
let stopping = false;

/** @param {number} code */
async function stop(code) {
  if (stopping) return;
  stopping = true;
  for (const end of running.reverse()) await end();
  process.exit(code);
}

process.on('SIGTERM', () => stop(0));
process.on('SIGINT', () => stop(0));

// A pipe on stdin closes when its other end is closed or its owner ends. Only a changed parent proves the latter: some
// owners close it at once and live on; a process that puts this one into the background for good gives it no pipe.
const parent = process.ppid;
const stdin = fstatSync(0);
if (stdin.isFIFO() || stdin.isSocket()) {
  process.stdin.on('error', () => {});
  process.stdin.on('close', () => {
    setInterval(() => process.ppid !== parent && stop(0), 500);
  });
  process.stdin.resume();
}

try {
  if (database !== 'sqlite' && database !== 'postgres')
    throw new Error(`DATABASE: sqlite or postgres, not ${database}`);
  await installSynapse({ postgres: database === 'postgres' });
  console.log(`Starting Synapse on ${database}`);
  const postgres = database === 'postgres' ? await startPostgres() : undefined;
  if (postgres) running.push(postgres.stop);
  const synapse = await startSynapse({ port, database: postgres ? { postgres: postgres.settings } : 'sqlite' });
  running.push(synapse.stop);
  void synapse.exited.then((how) => {
    if (stopping) return;
    console.error(`Synapse is gone (${how}). The end of ${synapse.logFile}:\n${synapse.logTail()}`);
    stop(1);
  });
  const proxy = await startProxy({ port: PROXY_PORT, target: synapse.baseUrl, synapse });
  running.push(proxy.close);
  console.log(`Homeserver on ${proxy.baseUrl}`);
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  await stop(1);
}
