// Every recording that is kept can be recorded again.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

const recordings = readdirSync(new URL('../fixtures/recorded', import.meta.url))
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.replace(/^uploads-/, '').replace(/-(lk)?\d+\.\d+\.\d+(-[\w.]+)?\.jsonl$/, ''));

it('the scenarios of `make record` are those of the recordings', () => {
  const listed = execFileSync('npx', ['playwright', 'test', '--project=record', '--list'], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, RECORD: 'pinned' },
    encoding: 'utf8',
  });
  const scenarios = [...listed.matchAll(/ › recorded: (\S+)$/gm)].map(([, name]) => name);
  expect(scenarios.sort()).toEqual([...new Set(recordings)].sort());
}, 120_000);
