// The command on a large homeserver log: its speed compared with grep for the same words, and its memory.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeRecordedLog } from './recorded-log.mjs';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const MEGABYTES = Number(process.env['MEGABYTES'] ?? (ROUNDS > 1 ? 5000 : 20));
const root = fileURLToPath(new URL('../..', import.meta.url));
const command = ['native', 'debug']
  .map((profile) => join(root, `target/${profile}/lotus-crypto-diag`))
  .find(existsSync);
if (!command) throw new Error('there is no command yet: run `make cli`');

const folder = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-survey-'));
const log = join(folder, 'homeserver.log');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ seconds: number, megabytes: number }>}
 */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    // Piped, because grep with its output to /dev/null stops at the first match.
    child.stdout?.resume();
    let most = 0;
    const look = () => {
      try {
        // This is the peak so far, so the last successful read counts.
        most = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? most);
      } catch {
        // The process has ended.
      }
    };
    const timer = setInterval(look, 20);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(timer);
      if (code === null || code > 1) reject(new Error(`${program} ended with ${code}`));
      else resolve({ seconds: (performance.now() - began) / 1000, megabytes: most / 1024 });
    });
  });
}

writeRecordedLog(log, MEGABYTES);
const size = statSync(log).size / 1e6;
const words = ['Processed request: ', 'one_time_key', 'already exists'];
const rows = /** @type {[string, string, string[]][]} */ ([
  ['the survey', command, ['survey', log]],
  ['grep -c of the same words', 'grep', ['-c', ...words.flatMap((word) => ['-e', word]), log]],
]);
/** @type {Map<string, { seconds: number, megabytes: number }[]>} */
const results = new Map(rows.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, program, args] of rows) results.get(name)?.push(await run(program, args));
}
const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const table = rows.map(([name]) => {
  const all = results.get(name) ?? [];
  const seconds = median(all.map((result) => result.seconds));
  return { name, seconds, megabytesASecond: size / seconds, memory: median(all.map((result) => result.megabytes)) };
});
console.log(
  `A log of ${size.toFixed(0)} MB, ${command.includes('native') ? 'optimised' : 'NOT optimised'}, ${ROUNDS} rounds`,
);
for (const { name, seconds, megabytesASecond, memory } of table) {
  console.log(
    `  ${name}: ${seconds.toFixed(2)} s, ${megabytesASecond.toFixed(0)} MB/s, ${memory.toFixed(0)} MiB of memory`,
  );
}
console.log(`  ratio: ${((table[0]?.seconds ?? 0) / (table[1]?.seconds ?? 1)).toFixed(2)}`);
if (ROUNDS > 1)
  writeFileSync(fileURLToPath(new URL('survey.json', import.meta.url)), `${JSON.stringify(table, null, 2)}\n`);
