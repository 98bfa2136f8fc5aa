// Writes a homeserver log of a given size.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const RECORDED = new URL('../fixtures/viewer/homeserver.log', import.meta.url);

/**
 * Repeats recorded lines of Synapse, with increasing times.
 *
 * @param {string} path
 * @param {number} megabytes
 */
export function writeRecordedLog(path, megabytes) {
  const lines = readFileSync(RECORDED, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('2026-'));
  const file = openSync(path, 'w');
  let at = Date.parse('2026-11-01T00:00:00Z');
  for (let size = 0; size < megabytes * 1e6; ) {
    let block = '';
    while (block.length < 4e6) {
      for (const line of lines) {
        at += 7;
        const time = new Date(at).toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
        block += `${time}${line.slice(23)}\n`;
      }
    }
    size += writeSync(file, block);
  }
  closeSync(file);
}
