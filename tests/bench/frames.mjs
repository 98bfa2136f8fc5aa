// What the watch on frames costs a page without frames that changes its document: lists are built, sorted and removed,
// with and without the watch. Rounds are interleaved, medians compared.
import { openBench, rounds, spread } from './page.mjs';

const ROUNDS = rounds(61);

const bench = await openBench();
console.log(`${bench.version}, ${ROUNDS} interleaved rounds`);

const times = await bench.page.evaluate(
  async ({ rounds, module }) => {
    const { getSnapshot } = await import(module);
    getSnapshot();
    // The part of `auto` that watches frames.
    const isCore = (/** @type {symbol} */ { description }) => description?.startsWith('lotus-crypto-diag/core/');
    const core = Object.getOwnPropertySymbols(globalThis).find(isCore);
    const { frames } = /** @type {any} */ (globalThis)[core ?? ''];
    const ROWS = 2000;
    /** Like a view of a long list: rows with a few elements each, inserted at once, then sorted row by row. */
    const render = () => {
      const list = document.createElement('ul');
      document.body.append(list);
      for (let i = 0; i < ROWS; i++) {
        const row = document.createElement('li');
        for (const tag of ['img', 'span', 'time']) row.append(document.createElement(tag));
        list.append(row);
      }
      for (let i = 0; i < ROWS; i += 2) list.prepend(list.children[i] ?? list);
      list.remove();
    };
    /** Waits until the observers have been called. */
    const settle = () => new Promise((resolve) => setTimeout(resolve));
    /** @type {{ without: number[], watched: number[] }} */
    const results = { without: [], watched: [] };
    for (let round = -5; round < rounds; round++) {
      for (const variant of /** @type {const} */ (['without', 'watched'])) {
        const undo = variant === 'watched' ? frames.watchAll() : () => {};
        await settle();
        const start = performance.now();
        for (let i = 0; i < 5; i++) {
          render();
          await Promise.resolve();
        }
        const took = performance.now() - start;
        undo();
        if (round >= 0) results[variant].push(took);
      }
    }
    return results;
  },
  { rounds: ROUNDS, module: `${bench.origin}/index.js` },
);
const [without, watched] = [spread(times.without), spread(times.watched)];
const figure = (/** @type {{ median: number, low: number, high: number }} */ { median, low, high }) =>
  `${median.toFixed(1)} ms (${low.toFixed(1)}-${high.toFixed(1)})`;
console.log(`30,000 elements put in and 5,000 moved: without ${figure(without)}, watched ${figure(watched)}`);
console.log(`ratio ${(watched.median / without.median).toFixed(3)}`);
await bench.close();
