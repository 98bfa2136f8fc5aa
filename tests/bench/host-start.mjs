// What the start of a host pays for the package: builds of the same app with and without it, loaded in turn up to the
// login form. Without arguments, these are the app of the tests in Cinny's tool chain, with the package added by its
// installer. Others can be given, the first being the one to compare with:
//
//   node host-start.mjs without=../cinny/dist with=../cinny-with-package/dist
//
// No debugger is attached: with one, V8 looks up the place of each exception, which in Cinny takes half of the start.
// The page measures itself. Each load is from a site of its own, and so without caches.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build, builtOf, pack, prepare } from '../hosts/build.mjs';
import { isTrial, rounds, spread } from './page.mjs';

const ROUNDS = rounds(40);
const BROWSER = '/usr/bin/chromium';
const TYPES = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

/** @typedef {{ paint: number, form: number, longTasks: number }} Load milliseconds */
/** @typedef {{ name: string, folder: string, loads: Load[] }} Host */

/** Runs in the page. Asks for the next load half a second after the login form: what starts seconds later is not counted. */
const probe = `(async () => {
  const seen = () => document.querySelector('#root form, #root input');
  let longTasks = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks += duration;
  }).observe({ type: 'longtask', buffered: true });
  const form = await new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!seen()) return;
      observer.disconnect();
      resolve(performance.now());
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const paint = performance.getEntriesByName('first-contentful-paint')[0].startTime;
  const next = await fetch('/next', { method: 'POST', body: JSON.stringify({ paint, form, longTasks }) });
  location.replace(await next.text());
})();`;

const hosts = process.argv.length > 2 ? process.argv.slice(2).map(given) : await ofTests();

/** @type {Host[]} */
const plan = [];
for (let round = isTrial ? 0 : -2; round < ROUNDS; round++) {
  // Alternates which one is first.
  plan.push(...(round % 2 ? hosts : [...hosts].reverse()));
}
const warmUps = isTrial ? 0 : 2 * hosts.length;

const version =
  execFileSync(BROWSER, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split(' built')[0]
    ?.trim() ?? '';
console.log(`${version}, ${ROUNDS} rounds`);
await loadAll();

const [base, ...others] = /** @type {[Host, ...Host[]]} */ (hosts);
const names = /** @type {const} */ ({
  paint: 'first contentful paint',
  form: 'the login form is in the document',
  longTasks: 'long tasks, together',
});
/** @type {object[]} */
const rows = [];
for (const host of others) {
  console.log(`\n${'milliseconds, medians'.padEnd(36)}${host.name}, ${base.name}: ratio, with its 95 % interval`);
  for (const name of /** @type {(keyof Load)[]} */ (Object.keys(names))) {
    const [loaded, plain] = [host, base].map(({ loads }) => spread(loads.map((load) => load[name])));
    const ratios = host.loads.map((load, round) => load[name] / (base.loads[round]?.[name] ?? Number.NaN));
    const ratio = interval(ratios.filter((value) => value > 0 && Number.isFinite(value)));
    const shown = [ratio.mean, ratio.low, ratio.high].map((value) => value.toFixed(3));
    console.log(
      `${names[name].padEnd(36)}${loaded?.median.toFixed(0)}, ${plain?.median.toFixed(0)}: ${shown[0]} (${shown[1]}-${shown[2]})`,
    );
    rows.push({ host: host.name, name: names[name], loaded, plain, ratio });
  }
}
if (!isTrial) {
  const file = join(dirname(fileURLToPath(import.meta.url)), 'host-start.json');
  writeFileSync(
    file,
    `${JSON.stringify({ date: new Date().toISOString(), browser: version, rounds: ROUNDS, rows }, null, 2)}\n`,
  );
  console.log(`\nWritten to ${file}`);
}

/** @param {string} argument */
function given(argument) {
  const [name = '', folder = ''] = argument.split('=');
  return { name, folder, loads: [] };
}

/** @returns {Promise<Host[]>} */
async function ofTests() {
  /** @type {import('../hosts/build.mjs').Variant[]} */
  const variants = ['without', 'with'];
  // A trial reuses what the tests of the hosts have built.
  if (!isTrial || !variants.every((variant) => existsSync(builtOf('classic', variant)))) {
    console.log('Building the host with and without the package');
    await prepare('classic', await pack());
    await prepare('classic');
    await Promise.all(variants.map((variant) => build('classic', variant)));
  }
  return variants.map((variant) => ({ name: variant, folder: builtOf('classic', variant), loads: [] }));
}

/** Loads the whole plan in one browser. */
async function loadAll() {
  const served = new Map(hosts.map((host) => [host.name, filesOf(host.folder)]));
  let at = 0;
  /** @type {() => void} */
  let finish = () => {};
  const finished = new Promise((resolve) => {
    finish = () => resolve(undefined);
  });
  let port = 0;
  const addressOf = (/** @type {number} */ index) =>
    plan[index] ? `http://${plan[index].name}-${index}.localhost:${port}/login` : 'about:blank';
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/start') return void response.writeHead(302, { location: addressOf(0) }).end();
    if (pathname === '/next') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        if (at >= warmUps) plan[at]?.loads.push(JSON.parse(body));
        at += 1;
        response.end(addressOf(at));
        if (at === plan.length) finish();
      });
      return;
    }
    const files = served.get(request.headers.host?.replace(/-\d+\.localhost.*$/, '') ?? '');
    const path = files?.has(pathname) ? pathname : '/index.html';
    const file = files?.get(path);
    if (!file) return void response.writeHead(404).end();
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(path))] ?? 'application/octet-stream';
    response
      .writeHead(200, { 'content-type': type, 'content-encoding': 'gzip', 'content-length': file.length })
      .end(file);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const profile = mkdtempSync(join(tmpdir(), 'host-start-'));
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
  const browser = spawn(BROWSER, [...args, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/start`], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => browser.once('exit', resolve));
  await Promise.race([finished, ended]);
  browser.kill();
  await ended;
  server.close();
  server.closeAllConnections();
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  if (at < plan.length) throw new Error(`the browser ended after ${at} of ${plan.length} loads`);
}

/**
 * The files of a build, zipped, by their path; the page with the probe. Without source maps and Element Call.
 *
 * @param {string} folder
 */
function filesOf(folder) {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('.map') && !path.includes('element-call'))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
  return new Map(
    paths.map((path) => {
      const bytes = readFileSync(path);
      const isPage = path === join(folder, 'index.html');
      const page = () => String(bytes).replace('<head>', () => `<head><script>${probe}</script>`);
      return [path.slice(folder.length), gzipSync(isPage ? page() : bytes)];
    }),
  );
}

/**
 * The geometric mean of the middle three fifths, and its 95 % interval from 2,000 resamplings.
 *
 * @param {number[]} ratios
 */
function interval(ratios) {
  const mean = (/** @type {number[]} */ values) => {
    const sorted = values.map(Math.log).sort((a, b) => a - b);
    const middle = sorted.slice(Math.floor(0.2 * sorted.length), Math.ceil(0.8 * sorted.length));
    return Math.exp(middle.reduce((sum, value) => sum + value, 0) / middle.length);
  };
  const resample = () => ratios.map(() => ratios[Math.floor(Math.random() * ratios.length)] ?? Number.NaN);
  const means = Array.from({ length: 2000 }, () => mean(resample())).sort((a, b) => a - b);
  return { mean: mean(ratios), low: means[50] ?? Number.NaN, high: means[1949] ?? Number.NaN };
}
