// The packed package, as registries and its users' bundlers see it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const tests = join(dirname(fileURLToPath(import.meta.url)), '..');
const home = join(tests, '../pkg-glue');
const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));

let folder: string;
let tarball: string;
let files: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lotus-crypto-diag-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: home });
  const [packed] = JSON.parse(stdout);
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }: { path: string }) => path).sort();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  it('contains only the needed files', () => {
    const expected =
      /^(dist\/((index|auto|diagnosis|server-evidence|react\/index|vite)\.(js|d\.ts)|vite\.(cjs|d\.cts)|(chunk|Card|Prompt|diagnosis-module)-\w+\.js|bin\/lotus-crypto-diag\.js)|schema\/report-1\.schema\.json|LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md']) expect(files).toContain(file);
  });

  it('contains every file that package.json names', () => {
    const named =
      JSON.stringify([manifest.exports, manifest.types, manifest.typesVersions]).match(/\.\/[\w./-]+/g) ?? [];
    const targets = named.map((path) => path.slice(2)).filter((path) => /^(dist|schema)\//.test(path));
    expect(targets.length).toBeGreaterThan(8);
    for (const path of targets) expect(files).toContain(path);
  });

  it('is accepted by publint without a message', async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(tarball);
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that every module resolution finds', async () => {
    const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
    // ESM by design: `require()` of it works as Node implements it, or the caller needs an `import()`.
    const rules = ['--ignore-rules', 'cjs-resolves-to-esm'];
    const { stdout } = await run(process.execPath, [
      join(dirname(attw), 'dist/index.js'),
      tarball,
      '--format',
      'json',
      ...rules,
    ]);
    const { analysis } = JSON.parse(stdout);
    expect(Object.keys(analysis.entrypoints)).toHaveLength(Object.keys(manifest.exports).length);
  }, 60_000);

  it('has the plugin for Vite in both forms', async () => {
    const { cryptoDiagChunk } = await import('lotus-crypto-diag/vite');
    expect(createRequire(import.meta.url)('lotus-crypto-diag/vite').cryptoDiagChunk().name).toBe(
      cryptoDiagChunk().name,
    );
  });

  it('has a changelog with its version', () => {
    expect(readFileSync(join(home, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${manifest.version}`);
  });
});

describe('on a server', () => {
  it('every entry can be imported without changing the process, which exits by itself', async () => {
    const entries = ['', '/auto', '/diagnosis', '/react', '/server-evidence', '/vite'].map(
      (entry) => `${manifest.name}${entry}`,
    );
    const script = `
      const before = [console.warn, console.error, fetch, Reflect.ownKeys(globalThis).length];
      for (const entry of ${JSON.stringify(entries)}) await import(entry);
      const after = [console.warn, console.error, fetch, Reflect.ownKeys(globalThis).length];
      console.log(before.every((value, index) => value === after[index]));`;
    const node = run(process.execPath, ['--input-type=module', '-e', script], { cwd: tests, timeout: 30_000 });
    await expect(node).resolves.toEqual({ stdout: 'true\n', stderr: '' });
  }, 40_000);

  it("a report names the version and the hash of the package's WebAssembly", async () => {
    const { getCryptoDiagStatus } = await import('lotus-crypto-diag');
    const { version } = getCryptoDiagStatus();
    expect(version).toMatch(/^\d+\.\d+\.\d+\+wasm\.[0-9a-f]{12}$/);
    expect(version.split('+')[0]).toBe(manifest.version);
  });
});
