// The single-file viewer on a large homeserver log: how fast its worker reads, compared with grep for the same words;
// how soon it stops after Cancel; whether the page stays responsive meanwhile; and how much memory both use.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';

import { isTrial, rounds, spread } from './page.mjs';
import { writeRecordedLog } from './recorded-log.mjs';

const ROUNDS = rounds(3);
const MEGABYTES = Number(process.env['MEGABYTES'] ?? (isTrial ? 20 : 200));
/** The part of the file that is read before it is cancelled. */
const CANCELLED_AT = [0.02, 0.1, 0.25];
/** PACKED=no measures only the plain file. */
const hasPacked = process.env['PACKED'] !== 'no';
const WORDS = ['Processed request: ', 'one_time_key', 'already exists'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const viewer = join(root, 'demo/dist/single-file/lotus-crypto-diag-viewer.html');
if (!isTrial || !existsSync(viewer)) execFileSync('npm', ['-w', 'demo', 'run', '-s', 'viewer'], { cwd: root });
const folder = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-viewer-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const plain = join(folder, 'homeserver.log');
writeRecordedLog(plain, MEGABYTES);
if (hasPacked) execFileSync('gzip', ['-1', '-k', plain]);

/** @typedef {{ type: string, at: number, bytes?: number, state?: string }} WorkerMessage */
/** @typedef {{ messages: WorkerMessage[], clickedAt: number, chosenAt: number, longTasks: number[] }} Recorded */

/** Runs first in the worker and records its wasm memories, which the package does not expose. */
function keepMemories() {
  const { Instance } = WebAssembly;
  /** @type {WebAssembly.Memory[]} */
  const memories = [];
  Object.assign(globalThis, { memories });
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      /** @param {any[]} args */
      constructor(...args) {
        super(.../** @type {[any]} */ (args));
        // Found by type: its export name is minified.
        memories.push(...Object.values(this.exports).filter((own) => own instanceof WebAssembly.Memory));
      }
    }
  );
}

/**
 * Runs first in the page and records the worker's messages, the click on Cancel, and, from the choice of a file on, long
 * tasks: before that, the page itself starts.
 *
 * @param {string} first the code that runs first in the worker
 */
function watch(first) {
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) =>
    createObjectURL(blob instanceof Blob && /javascript/.test(blob.type) ? new Blob([first, blob], blob) : blob);
  const own = /** @type {any} */ (window);
  /** @type {Recorded} */
  const recorded = { messages: [], clickedAt: 0, chosenAt: Number.POSITIVE_INFINITY, longTasks: [] };
  own.recorded = recorded;
  own.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      this.addEventListener('message', ({ data: { type, bytes, outcome } }) =>
        recorded.messages.push({ type, at: performance.now(), bytes, state: outcome?.state }),
      );
    }
  };
  const noteClick = (/** @type {MouseEvent} */ event) => {
    recorded.clickedAt = event.timeStamp;
  };
  addEventListener('click', noteClick, true);
  const noteChoice = (/** @type {Event} */ event) => {
    recorded.chosenAt = Math.min(recorded.chosenAt, event.timeStamp);
  };
  addEventListener('change', noteChoice, true);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (startTime >= recorded.chosenAt) recorded.longTasks.push(duration);
    }
  }).observe({ type: 'longtask' });
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});

/**
 * The longest tasks of the page's thread, by the clock and by CPU time, which excludes other load on the machine.
 *
 * @param {Buffer} trace
 */
function longestTasks(trace) {
  /** @type {{ traceEvents: { name: string, pid: number, tid: number, dur?: number, tdur?: number, args: { name?: string } }[] }} */
  const { traceEvents } = JSON.parse(trace.toString());
  const named = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const isOfPage = new Set(named.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => /RunTask$/.test(name) && isOfPage.has(`${pid} ${tid}`));
  const most = (/** @type {'dur' | 'tdur'} */ field) =>
    tasks.reduce((longest, task) => Math.max(longest, (task[field] ?? 0) / 1000), 0);
  return { clockMs: most('dur'), processorMs: most('tdur') };
}

/** The peak memory of a page's process so far, in MB: of the page and its worker. */
async function peak() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  return Math.max(...peaks);
}

async function open() {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(watch, `(${keepMemories})();`);
  const started = page.waitForEvent('worker');
  await page.goto(pathToFileURL(viewer).href);
  const worker = await started;
  const session = await page.context().newCDPSession(page);
  return { page, worker, session };
}

/** @param {Awaited<ReturnType<typeof open>>} opened @returns {Promise<Recorded>} */
const recordedBy = ({ page }) => page.evaluate(() => /** @type {any} */ (window).recorded);

/** @param {Awaited<ReturnType<typeof open>>} opened @param {string} path */
async function drop({ page }, path) {
  await page.getByLabel('Files to read').setInputFiles(path);
}

/** Reads the file to its end. @param {string} path */
async function readAll(path) {
  const opened = await open();
  const { page, worker, session } = opened;
  const before = await peak();
  await browser.startTracing(page, { categories: ['toplevel'] });
  await drop(opened, path);
  let heap = 0;
  const look = async () => {
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    heap = Math.max(heap, usedSize / 1e6);
  };
  await page.getByText(/^Read: /).waitFor();
  const timer = setInterval(() => void look().catch(() => {}), 250);
  await page.getByTestId('survey').waitFor({ timeout: 0 });
  // Wait until the page has drawn the result.
  await page.waitForTimeout(1000);
  clearInterval(timer);
  await look();
  const tasks = longestTasks(await browser.stopTracing());
  const { messages, longTasks } = await recordedBy(opened);
  const progress = messages.filter(({ type }) => type === 'progress');
  const [first, last] = [progress[0], progress.at(-1)];
  const at = (/** @type {string} */ type) => messages.find((one) => one.type === type)?.at ?? Number.NaN;
  const wasm = await worker.evaluate(() => {
    const sizes = /** @type {any} */ (globalThis).memories.map(
      (/** @type {WebAssembly.Memory} */ own) => own.buffer.byteLength,
    );
    return sizes.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0) / 1e6;
  });
  const result = {
    seconds: ((last?.at ?? Number.NaN) - (first?.at ?? Number.NaN)) / 1000,
    progress: progress.length,
    longestGapMs: Math.max(...progress.slice(1).map(({ at }, nth) => at - (progress[nth]?.at ?? at))),
    finishMs: at('file') - (last?.at ?? Number.NaN),
    judgeMs: at('case') - at('file'),
    longTasks,
    ...tasks,
    heapMB: heap,
    wasmMB: wasm,
    processMB: (await peak()) - before,
  };
  await page.context().close();
  return result;
}

/** Cancels after this part is read; measures when the worker stops. @param {string} path @param {number} part */
async function cancelAt(path, part) {
  const opened = await open();
  const { page } = opened;
  await drop(opened, path);
  const wanted = statSync(path).size * part;
  await page.waitForFunction(
    (wanted) =>
      /** @type {any} */ (window).recorded.messages.some(
        (/** @type {WorkerMessage} */ one) => (one.bytes ?? 0) >= wanted,
      ),
    wanted,
    { polling: 20, timeout: 0 },
  );
  await page.getByRole('button', { name: /^Cancel / }).click();
  await page.getByText('Cancelled.').waitFor();
  const { messages, clickedAt, longTasks } = await recordedBy(opened);
  const ended = messages.find(({ state }) => state === 'cancelled');
  await page.context().close();
  return { ms: (ended?.at ?? Number.NaN) - clickedAt, longTasks };
}

function grep() {
  const began = performance.now();
  spawnSync('grep', ['-c', ...WORDS.flatMap((word) => ['-e', word]), plain]);
  return (performance.now() - began) / 1000;
}

/** @type {[string, string][]} */
const files = [['plain', plain]];
if (hasPacked) files.push(['packed with gzip', `${plain}.gz`]);
/** @type {Map<string, { reads: Awaited<ReturnType<typeof readAll>>[], cancels: Awaited<ReturnType<typeof cancelAt>>[] }>} */
const measured = new Map(files.map(([name]) => [name, { reads: [], cancels: [] }]));
/** @type {number[]} */
const greps = [];
for (let round = 0; round < ROUNDS; round++) {
  greps.push(grep());
  for (const [name, path] of files) {
    const results = measured.get(name);
    results?.reads.push(await readAll(path));
    for (const part of CANCELLED_AT) results?.cancels.push(await cancelAt(path, part));
  }
}
await browser.close();

const megabytes = statSync(plain).size / 1e6;
const version = `Chromium ${browser.version()}`;
const grepSeconds = spread(greps).median;
const most = (/** @type {number[]} */ list) => Math.max(0, ...list);
const ms = (/** @type {number} */ value) => `${value.toFixed(0)} ms`;
console.log(`${version}, a log of ${megabytes.toFixed(0)} MB, ${ROUNDS} rounds; grep: ${grepSeconds.toFixed(2)} s`);
const rows = [...measured].map(([name, { reads, cancels }]) => {
  const seconds = spread(reads.map((one) => one.seconds)).median;
  return {
    name,
    seconds,
    megabytesASecond: megabytes / seconds,
    timesGrep: seconds / grepSeconds,
    progressMoves: Math.min(...reads.map((one) => one.progress)),
    longestWithoutProgressMs: most(reads.map((one) => one.longestGapMs)),
    finishMs: most(reads.map((one) => one.finishMs)),
    judgeMs: most(reads.map((one) => one.judgeMs)),
    cancelMs: spread(cancels.map((one) => one.ms)),
    longestCancelMs: most(cancels.map((one) => one.ms)),
    longTasks: [...reads, ...cancels].flatMap((one) => one.longTasks),
    processorMs: most(reads.map((one) => one.processorMs)),
    heapMB: most(reads.map((one) => one.heapMB)),
    wasmMB: most(reads.map((one) => one.wasmMB)),
    processMB: most(reads.map((one) => one.processMB)),
  };
});
for (const row of rows) {
  const { longTasks } = row;
  const tasks = longTasks.length > 0 ? `${longTasks.length}, the longest ${ms(most(longTasks))}` : 'none';
  console.log(`\n${row.name}
  read in ${row.seconds.toFixed(2)} s: ${row.megabytesASecond.toFixed(0)} MB/s, ${row.timesGrep.toFixed(1)} times as long as grep
  progress moved ${row.progressMoves} times, at the longest after ${ms(row.longestWithoutProgressMs)}
  from the last byte to the summary ${ms(row.finishMs)}, and to the survey ${ms(row.judgeMs)}
  from Cancel to the end of the reading ${ms(row.cancelMs.median)}, at the longest ${ms(row.longestCancelMs)}
  the longest task of the page ${ms(row.processorMs)} of the processor's time; over 50 ms by the clock: ${tasks}
  at the most: heap of the page ${row.heapMB.toFixed(0)} MB, WebAssembly of the worker ${row.wasmMB.toFixed(0)} MB, the process ${row.processMB.toFixed(0)} MB more`);
}
const file = fileURLToPath(new URL('viewer.json', import.meta.url));
const result = { date: new Date().toISOString(), browser: version, megabytes, rounds: ROUNDS, grepSeconds, rows };
if (!isTrial) writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
