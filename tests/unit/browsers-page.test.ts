// The page about browsers agrees with the tests.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { DIFFERENCES } from '../engines/differences';

const folder = new URL('../../docs/', import.meta.url);
const ENGINES = ['chromium', 'firefox', 'webkit'] as const;

const rows = readFileSync(new URL('browsers.md', folder), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| feature'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('the table of browsers', () => {
  it('has an existing test file in every row', () => {
    expect(rows.length).toBeGreaterThan(10);
    for (const [feature, link = ''] of rows) {
      const [, path = ''] = link.match(/\((.*)\)/) ?? [];
      expect(existsSync(new URL(path, folder)), feature).toBe(true);
    }
  });

  it('names every test', () => {
    const linked = rows.flatMap((cells) => cells.flatMap((cell) => cell.match(/[\w-]+\.spec\.ts/g) ?? []));
    const written = readdirSync(new URL('../tests/engines/', folder)).filter((name) => name.endsWith('.spec.ts'));
    expect(linked).toEqual(expect.arrayContaining(written));
  });

  it('names every difference of differences.ts and no other', () => {
    const named = rows.flatMap(([, , ...cells]) =>
      cells.flatMap((cell, at) => {
        const [, difference] = cell.match(/: `(\w+)`$/) ?? [];
        expect(cell === 'yes').toBe(difference === undefined);
        return difference ? [`${difference} ${ENGINES[at]}`] : [];
      }),
    );
    const made = Object.entries(DIFFERENCES).flatMap(([difference, engines]) =>
      engines.map((engine) => `${difference} ${engine}`),
    );
    expect(named.sort()).toEqual(made.sort());
  });
});
