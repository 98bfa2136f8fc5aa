// What storing evidence beyond the page costs: the boot with a full and with an empty store, a line that is stored, a
// write while the page is idle, a write when the page is left, and a report with everything that was stored.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isTrial, openBench, rounds, spread } from './page.mjs';

const LOADS = rounds(20);
const FULL = 1024 * 1024;
/** Lines of about 700 characters, all different. */
const REFUSALS = (/** @type {number} */ from, /** @type {number} */ count) =>
  Array.from({ length: count }, (_, at) => {
    const keys = `Old key: {"key":"A${from + at}"}; new key: {'key': 'B${from + at}'}`;
    return `MatrixError: [400] One time key signed_curve25519:AAAA${from + at} already exists. ${keys} ${'x'.repeat(500)}`;
  });

/** Measures each idle callback, and the work when the page is hidden. */
const watch = `
const { requestIdleCallback: original } = globalThis;
globalThis.idle = [];
globalThis.requestIdleCallback = (callback, options) => original((deadline) => {
  const start = performance.now();
  callback(deadline);
  globalThis.idle.push(performance.now() - start);
}, options);
globalThis.began = performance.now();`;
const entry = `
import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(watch)}`)};
import '/auto.js';
globalThis.on = performance.now() - globalThis.began;
globalThis.lib = await import('/index.js');`;

const bench = await openBench((path, response) => {
  if (path === '/kept.html') {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><script type="module" src="/kept.js"></script>');
  } else if (path === '/kept.js') response.setHeader('content-type', 'text/javascript').end(entry);
  else return false;
  return true;
});
const { page } = bench;
console.log(`${bench.version}, ${LOADS} loads`);

const loadPage = async () => {
  await page.goto(`${bench.origin}/kept.html`);
  await page.waitForFunction(() => 'lib' in globalThis);
};
const wait = (/** @type {number} */ ms) => page.waitForTimeout(ms);
/** Milliseconds per line, logged at once. */
const log = (/** @type {string[]} */ lines) =>
  page.evaluate((texts) => {
    const start = performance.now();
    for (const text of texts) console.error(text);
    return (performance.now() - start) / texts.length;
  }, lines);
const idle = () => page.evaluate(() => /** @type {any} */ (globalThis).idle.splice(0));

/**
 * Fills the store with as many records of this and other devices as are allowed, copied from one that a page has
 * written.
 */
async function fill() {
  await page.evaluate(() => localStorage.clear());
  await loadPage();
  await page.evaluate(() => /** @type {any} */ (globalThis).lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }));
  await log(REFUSALS(0, 200));
  await wait(2500);
  await page.evaluate((full) => {
    const [record = ''] = Object.keys(localStorage).filter((key) => key.includes('/page/'));
    const text = localStorage.getItem(record) ?? '';
    const size = record.length + text.length;
    for (let at = 0, used = size; used + size <= full; at++, used += size) {
      const device = at < 3 ? 'D' : `E${at >> 2}`;
      const id = `${(Date.now() - 1000 * (at + 1)).toString(16)}-${at.toString(16).padStart(8, '0')}`;
      localStorage.setItem(`lotus-crypto-diag/page/%40a%3Ahs/${device}/${id}`, text);
    }
  }, FULL);
}

/** @type {Record<string, number[]>} */
const times = {};
const note = (/** @type {string} */ name, /** @type {number[]} */ ms) => {
  times[name] = [...(times[name] ?? []), ...ms];
};
for (let load = 0; load < LOADS; load++) {
  for (const store of ['an empty store', 'a full store']) {
    if (store === 'a full store') await fill();
    else await page.evaluate(() => localStorage.clear());
    await loadPage();
    note(`boot, ${store}`, [await page.evaluate('on')]);
    if (load >= 10) continue;
    await page.evaluate(() => /** @type {any} */ (globalThis).lib.checkCryptoStore({ userId: '@a:hs', deviceId: 'D' }));
    await wait(1500);
    note(`the first writing, ${store}`, [Math.max(...(await idle()))]);
    note('a line that is new, kept', [await log(REFUSALS(1000, 20))]);
    await wait(2000);
    note(`a writing of 20 entries, ${store}`, [Math.max(...(await idle()))]);
    await log(REFUSALS(2000, 200));
    await wait(2000);
    note(`a writing of a full record, ${store}`, [Math.max(...(await idle()))]);
    note(
      `when the page is left, ${store}`,
      await page.evaluate(() => {
        console.error('x already exists');
        const start = performance.now();
        window.dispatchEvent(new Event('pagehide'));
        return [performance.now() - start];
      }),
    );
    note(
      `a report, ${store}`,
      await page.evaluate(() => {
        const mx = { getUserId: () => '@a:hs', getDeviceId: () => 'D' };
        return Array.from({ length: 5 }, () => {
          const start = performance.now();
          /** @type {any} */ (globalThis).lib.buildCryptoDiagReport(mx);
          return performance.now() - start;
        });
      }),
    );
  }
  await page.evaluate(() => localStorage.clear());
  await loadPage();
  await page.evaluate(() => /** @type {any} */ (globalThis).lib.keepEvidence(false));
  await wait(500);
  note('a line that is new, not kept', [await log(REFUSALS(1000, 20))]);
}
await bench.close();

const rows = Object.entries(times).map(([name, ms]) => ({ name, ms: spread(ms) }));
console.log(`\n${'milliseconds'.padEnd(60)} median   quartiles`);
for (const { name, ms } of rows) {
  console.log(`${name.padEnd(60)}${ms.median.toFixed(2).padStart(7)}   ${ms.low.toFixed(2)}-${ms.high.toFixed(2)}`);
}
const file = join(import.meta.dirname, `kept${bench.suffix}.json`);
if (!isTrial) {
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), browser: bench.version, rows }, null, 2)}\n`);
  console.log(`\nWritten to ${file}`);
}
