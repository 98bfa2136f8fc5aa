// An hour of mixed load in one page: ordinary lines, lines of all faults, storms, refused uploads, frames that come and
// go, reports. Counts every minute, after a garbage collection, what is left behind. Usage: node bench/soak.mjs
// [minutes] [--without]; `--without` leaves the package out.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openBench } from './page.mjs';

const MINUTES = Number(process.argv[2] ?? 60);
const WITHOUT = process.argv.includes('--without');
const RECORDED = join(import.meta.dirname, '../fixtures/recorded');

const lines = readdirSync(RECORDED)
  .filter((file) => file.endsWith('.jsonl') && !file.startsWith('uploads-'))
  .flatMap((file) => readFileSync(join(RECORDED, file), 'utf8').split('\n').slice(0, -1))
  .map((line) => String(JSON.parse(line).text ?? ''));

let uploads = 0;
const refusal = JSON.stringify({
  errcode: 'M_UNKNOWN',
  error: `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"${'o'.repeat(43)}"}; new key: {'key': '${'n'.repeat(43)}'}`,
});
const bench = await openBench((path, response) => {
  if (path.endsWith('/keys/upload')) {
    uploads += 1;
    response.writeHead(400, { 'content-type': 'application/json' }).end(refusal);
    return true;
  }
  if (!path.startsWith('/_matrix')) return false;
  response.end('{}');
  return true;
});
const session = await bench.page.context().newCDPSession(bench.page);
const browser = await bench.page.context().browser()?.newBrowserCDPSession();
/** Resident memory of the renderer process, which includes the WebAssembly memory. */
async function residentMB() {
  const { processInfo = [] } = (await browser?.send('SystemInfo.getProcessInfo')) ?? {};
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) / 1024);
  return Math.max(...sizes);
}
await session.send('HeapProfiler.enable');
await session.send('Performance.enable');

await bench.page.evaluate(
  async ({ module, recorded, without }) => {
    const nothing = {
      installCryptoDiagLog() {},
      watchKeyUploads() {},
      requestTabLeadership() {},
      subscribe() {},
      buildCryptoDiagReport: () => '{}',
      getCryptoDiagEntries: () => [],
      getCryptoDiagStatus: () => ({ state: 'left out' }),
    };
    const lib = without ? nothing : await import(module);
    Object.assign(window, { lib });
    const totals = { lines: 0, requests: 0, uploads: 0, opened: 0, reports: 0, told: 0, thrown: 0 };
    Object.assign(window, { totals });
    window.addEventListener('error', () => (totals.thrown += 1));
    window.addEventListener('unhandledrejection', () => (totals.thrown += 1));
    const ignore = () => {};
    console.warn = ignore;
    console.error = ignore;
    lib.installCryptoDiagLog();
    lib.watchKeyUploads();
    lib.requestTabLeadership({ name: 'soak' });
    lib.subscribe(() => {
      totals.told += 1;
      lib.getSnapshot();
    });
    /** @type {(lines: number) => void} */
    const log = (count) => {
      for (let i = 0; i < count; i++) {
        totals.lines += 1;
        console.warn('FetchHttpApi: --> GET https://hs/_matrix/client/v3/sync', totals.lines, { timeout: 30_000 });
      }
    };
    setInterval(() => log(100), 500);
    setInterval(() => {
      totals.lines += 1;
      console.error(recorded[Math.floor(Math.random() * recorded.length)]);
    }, 250);
    // During one minute in five, a storm as seen in the field: 20 lines a second, each with a number of its own.
    setInterval(() => {
      if (Math.floor(performance.now() / 60_000) % 5 !== 1) return;
      totals.lines += 1;
      console.error(`Failed to process outgoing request ${totals.lines}: M_UNKNOWN: already exists ${totals.lines}`);
    }, 50);
    setInterval(() => {
      totals.requests += 1;
      fetch(`/_matrix/client/v3/rooms/r/messages?from=${totals.requests}`).then((answer) => answer.text());
    }, 200);
    const key = { key: 'n', signatures: { '@a:hs': { 'ed25519:DEVICE': 'sig' } } };
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': key } });
    setInterval(() => {
      totals.uploads += 1;
      fetch('/_matrix/client/v3/keys/upload', { method: 'POST', body }).then((answer) => answer.text());
    }, 500);
    setInterval(() => {
      totals.opened += 1;
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const inside = /** @type {any} */ (frame.contentWindow);
      inside.console.error('MissingKey: missing key at index 1 for participant @bob:hs:DEVICE');
      setTimeout(() => frame.remove(), 1000);
    }, 10_000);
    setInterval(() => {
      totals.reports += 1;
      JSON.parse(lib.buildCryptoDiagReport(null));
    }, 30_000);
  },
  { module: `${bench.origin}/index.js`, recorded: lines, without: WITHOUT },
);

const rows = [];
console.log('minute   heap MB   page MB     nodes listeners    frames   entries     lines   uploads    thrown');
for (let minute = 0; minute <= MINUTES; minute++) {
  if (minute > 0) await new Promise((resolve) => setTimeout(resolve, 60_000));
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  /** @type {(name: string) => number} */
  const metric = (name) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  const page = await bench.page.evaluate(() => {
    const { lib, totals } = /** @type {any} */ (window);
    return { ...totals, entries: lib.getCryptoDiagEntries().length, state: lib.getCryptoDiagStatus().state };
  });
  const row = {
    minute,
    heapMB: metric('JSHeapUsedSize') / 2 ** 20,
    residentMB: await residentMB(),
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    frames: metric('Frames'),
    uploadsSent: uploads,
    ...page,
  };
  rows.push(row);
  const cells = [
    row.heapMB.toFixed(2),
    row.residentMB.toFixed(0),
    row.nodes,
    row.listeners,
    row.frames,
    row.entries,
    row.lines,
    `${row.uploads}/${uploads}`,
    row.thrown,
    row.state,
  ];
  console.log([String(minute).padStart(6), ...cells.map((cell) => String(cell).padStart(9))].join(' '));
}
await bench.close();
const file = join(import.meta.dirname, WITHOUT ? 'soak-without.json' : 'soak.json');
writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows }, null, 2)}\n`);
console.log(`Written to ${file}`);
