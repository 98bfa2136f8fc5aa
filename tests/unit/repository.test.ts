// What the tools of the repository hold on to: lock files, and what `make clean` leaves behind.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root }).toString();

describe('the lock of the fuzzers', () => {
  const lock = new Map(
    read('tests/fuzz/Cargo.lock')
      .split('[[package]]')
      .map((text) => [text.match(/name = "(.*)"/)?.[1], text]),
  );

  it.each(['core', 'server-evidence'])('knows every dependency of crate/%s', (crate) => {
    const manifest = read(`crate/${crate}/Cargo.toml`);
    const [, name] = manifest.match(/^name = "(.*)"$/m) ?? [];
    const [, table = ''] = manifest.match(/^\[dependencies\]\n([^[]*(?:\[(?!.*\]\n)[^[]*)*)/m) ?? [];
    const lines = table.split('\n').filter((line) => /^[\w-]+ = /.test(line) && !line.includes('optional'));
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(lock.get(name)).toContain(`"${line.split(' ')[0]}`);
  });
});

it('make clean removes every folder that a build has written', () => {
  // Only read, never given to a shell: within another make, more is printed than the command.
  const printed = run('make', '-n', 'clean').split('\n');
  const removed = printed.find((line) => line.startsWith('rm -rf '))?.split(/\s+/) ?? [];
  const ignored = run('git', 'ls-files', '--others', '--ignored', '--exclude-standard', '--directory').split('\n');
  const built = ignored.filter((path) => path.endsWith('dist/') && !path.includes('node_modules'));
  const isRemoved = (path: string) => removed.some((name) => path.startsWith(`${name}/`));
  expect(built.filter((path) => !isRemoved(path))).toEqual([]);
});
