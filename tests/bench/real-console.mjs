// What capture adds to the browser's own console, as a ratio to an empty pass-through. Runs in a browser without a
// driver or developer tools, which make a line many times more expensive. BROWSER=firefox runs it in Firefox,
// BROWSER=webkit in WebKitGTK.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { rounds, serve, spread } from './page.mjs';
import { bundleVariants, measure } from './variants.mjs';
import { spawnUndriven } from './webkit.mjs';

const OURS = 'lotus-crypto-diag';
const UNIT = 'pass-through';
const GIVE_UP_MS = 5 * 60_000;
const options = { names: [UNIT, OURS], rounds: rounds(101), roundMs: 10, real: true };

/** @type {(results: string) => void} */
let arrived = () => {};
/** @type {Promise<string>} */
const results = new Promise((resolve) => {
  arrived = resolve;
});
const page = `<!doctype html><title>bench</title><script type="module">
${measure}
const results = await measure(${JSON.stringify(options)}).catch(String);
await fetch('/results', { method: 'POST', body: JSON.stringify(results) });
</script>`;
const variants = await bundleVariants();
const server = await serve((path, response, request) => {
  if (path === '/real.html') response.setHeader('content-type', 'text/html').end(page);
  else if (path === '/results')
    void text(request)
      .then(arrived, arrived)
      .then(() => response.end());
  else return variants(path, response);
  return true;
});

const profile = mkdtempSync(join(tmpdir(), 'bench-'));
const other = process.env['BROWSER'];
const inFirefox = other === 'firefox';
if (inFirefox) writeFileSync(join(profile, 'user.js'), 'user_pref("privacy.reduceTimerPrecision", false);\n');
const url = `${server.origin}/real.html`;
const CHROMIUM = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const browsers = {
  Chromium: () => spawn('/usr/bin/chromium', [...CHROMIUM, `--user-data-dir=${profile}`, url], { stdio: 'ignore' }),
  Firefox: () => spawn('firefox-esr', ['--headless', '--no-remote', '--profile', profile, url], { stdio: 'ignore' }),
  WebKitGTK: () => spawnUndriven(profile, url),
};
const name = inFirefox ? 'Firefox' : other ? 'WebKitGTK' : 'Chromium';
const browser = await browsers[name]();
const ended = new Promise((resolve) => {
  browser.once('exit', () => resolve('the browser ended before it had an answer'));
  browser.once('error', (error) => resolve(String(error)));
});
const late = new Promise((resolve) => setTimeout(resolve, GIVE_UP_MS, 'the browser gave no answer').unref());
const answer = await Promise.race([results, Promise.race([ended, late]).then((why) => JSON.stringify(why))]);
if (browser.kill()) await ended;
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

const measured = JSON.parse(answer);
if (typeof measured === 'string') throw new Error(measured);
console.log(`${name}, over its own console, ${options.rounds} interleaved rounds`);
console.log(`${'to an empty pass-through'.padEnd(34)}   ratio   quartiles   pass-through ns   ours ns`);
const rows = Object.entries(measured).map(([workload, times]) => {
  const [unit, ours] = [times[UNIT], times[OURS]];
  const ratio = spread(ours.map((/** @type {number} */ ns, /** @type {number} */ round) => ns / unit[round]));
  const row = { workload, ratio, unitNs: spread(unit).median, ns: spread(ours).median };
  const quartiles = `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`;
  console.log(
    `${workload.padEnd(34)}${ratio.median.toFixed(2).padStart(8)}${quartiles.padStart(12)}${row.unitNs.toFixed(0).padStart(18)}${row.ns.toFixed(0).padStart(10)}`,
  );
  return row;
});
const file = join(dirname(fileURLToPath(import.meta.url)), `real-console${other ? `-${other}` : ''}.json`);
writeFileSync(
  file,
  `${JSON.stringify({ date: new Date().toISOString(), browser: name, rounds: options.rounds, rows }, null, 2)}\n`,
);
console.log(`Written to ${file}`);
