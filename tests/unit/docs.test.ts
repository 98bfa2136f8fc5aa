// Every link, heading, file, command and version mentioned in the documents exists.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
const files = listed
  .toString()
  .split('\n')
  .filter((path) => path && existsSync(join(root, path)));
/** Whether the project has a file or folder. Build results do not count. */
const isThere = (path: string) => files.some((file) => file === path || file.startsWith(`${path}/`));
const documents = files.filter((path) => path.endsWith('.md'));

const FENCE = /^ *```[\s\S]*?^ *```$/gm;
const prose = (text: string) => text.replace(FENCE, '');
/** All code in a document, inline or in blocks. */
const inline = (text: string) => [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
const code = (text: string) => [...inline(text), ...(text.match(FENCE) ?? [])].join('\n');

/** The anchors of the headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = [...prose(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .replace(/\[(.+?)\]\(.*?\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const linksOf = (text: string) =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, link, source]) => link ?? source ?? '');

describe.each(documents)('%s', (path) => {
  const text = read(path);

  it('has no broken link', () => {
    const broken = linksOf(text).filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [target = '', anchor] = link.split('#');
      const file = target ? relative(root, resolve(root, dirname(path), target)) : path;
      if (!isThere(file)) return true;
      return anchor !== undefined && (statSync(join(root, file)).isDirectory() || !anchorsOf(file).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names only commands that exist', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z][a-z-]*):/gm)].map(([, target]) => target);
    const tests = [
      ...files
        .filter((file) => file.endsWith('Cargo.toml'))
        .map(read)
        .join('\n')
        .matchAll(/^name = "(.+)"/gm),
    ];
    const named = (pattern: RegExp) => [...code(text).matchAll(pattern)].map(([, name = '']) => name);
    expect(named(/\bmake ([a-z-]+)/g).filter((name) => !targets.includes(name))).toEqual([]);
    expect(named(/--test (\w+)/g).filter((name) => !tests.some(([, test]) => test === name))).toEqual([]);
  });

  it('names only files that exist', () => {
    // A host's own file, files of a release, and patterns for any name.
    const others = /^(initMatrix\.ts|lotus-crypto-diag.*|tests\/(unit|host)\/.*<.*|report-1\.schema\.json)$/;
    const isPath = (word: string) =>
      /^(crate|demo|docs|pkg-glue|tests)\/[\w./@<>*-]+$/.test(word) ||
      /^[\w./*-]+\.(rs|tsx?|m?js|md|toml|html)$/.test(word);
    const words = [...inline(text), ...code(text).split(/\s+/)].filter((word) => isPath(word) && !others.test(word));
    const missing = words.filter((word) => {
      const pattern = word
        .replace(/[.]/g, '\\.')
        .replace(/<\w+>|\*/g, '[^/]+')
        .replace(/\/$/, '');
      const found = new RegExp(`(^|/)${pattern}(/|$)`);
      return !files.some((file) => found.test(file));
    });
    expect(missing).toEqual([]);
  });
});

describe('the README', () => {
  const text = read('README.md');
  const { version } = JSON.parse(read('pkg-glue/package.json'));

  it('fits on a few screens', () => {
    expect(text.split('\n').length).toBeLessThan(152);
  });

  it('quotes a real verdict', () => {
    expect(text).toContain(`> ${JSON.parse(read('tests/fixtures/cases/evicted/case.json')).summary}\n`);
  });

  it.each(['README.md', 'pkg-glue/README.md'])('names the current version, as does every command in %s', (path) => {
    const named = read(path).match(/lotus-crypto-diag-\d[\d.]*\d/g) ?? [];
    expect([...new Set(named)]).toEqual([`lotus-crypto-diag-${version}`]);
    expect(text).toContain(`version ${version}`);
  });
});
