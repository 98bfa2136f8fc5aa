// Builds the fuzz targets with coverage counters (on stable Rust, without a sanitizer: the library has no unsafe code),
// and lets each look for seconds: node run.mjs [seconds] [--keep]. With --keep, what reached something new goes into the corpus.
// With SEED in the environment every run looks in the same order: what passes here passes elsewhere.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;
const FIXTURES = join(FOLDER, '../fixtures/recorded');
const FLAGS = [
  '--cfg=fuzzing',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
];
/** Longer inputs find little more here, and take longer. */
const MAX_LENGTH = 4096;
/** What is committed of a corpus, in characters: the shortest inputs. */
const MAX_CORPUS = 100_000;

const seconds = Number(process.argv[2] ?? 60);
const keep = process.argv.includes('--keep');
const host = /^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))?.[1] ?? '';
const work = join(FOLDER, 'target/corpus');
const recorded = join(work, 'recorded');
const found = join(FOLDER, 'found');
const targets = readdirSync(join(FOLDER, 'targets')).map((file) => file.replace('.rs', ''));

/** @type {(folder: string) => string} */
const pack = (folder) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('hex'))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .map((line) => `${line}\n`)
    .reduce((text, line) => (text.length + line.length > MAX_CORPUS ? text : text + line), '');

/** Lines of real sessions, to begin with where the input is a line. */
function writeRecorded() {
  mkdirSync(recorded, { recursive: true });
  const files = readdirSync(FIXTURES).filter((file) => file.endsWith('.jsonl'));
  const calls = files.flatMap((file) => readFileSync(join(FIXTURES, file), 'utf8').split('\n').slice(0, -1));
  for (const [number, call] of calls.entries()) writeFileSync(join(recorded, `${number}`), JSON.parse(call).text ?? '');
}

/** @type {(file: string, folder: string) => void} */
function unpack(file, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const [number, line] of lines.entries()) writeFileSync(join(folder, `${number}`), Buffer.from(line, 'hex'));
}

/** @type {(target: string, ...args: string[]) => void} */
function run(target, ...args) {
  const { status, stderr } = spawnSync(join(FOLDER, `target/${host}/release/${target}`), args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) {
    const tried = /stat::number_of_executed_units: +(\d+)/.exec(stderr)?.[1];
    if (tried) console.log(`  ${tried} inputs`);
    return;
  }
  console.error(stderr.split('\n').slice(-40).join('\n'));
  console.error(
    `${target}: an input that breaks it lies in ${found}; run it again with target/${host}/release/${target} FILE`,
  );
  process.exit(1);
}

console.log('Building the fuzz targets (the first time 2 minutes)');
execFileSync('cargo', ['build', '-q', '--release', '--target', host], {
  cwd: FOLDER,
  stdio: 'inherit',
  env: { ...process.env, RUSTFLAGS: FLAGS.join(' ') },
});
mkdirSync(found, { recursive: true });
writeRecorded();
for (const target of targets) {
  const file = join(FOLDER, `corpus/${target}.hex`);
  const folder = join(work, target);
  unpack(file, folder);
  console.log(`Fuzzing ${target} for ${seconds} s, from ${readdirSync(folder).length} inputs`);
  const dictionary = `-dict=${join(FOLDER, 'words.dict')}`;
  run(
    target,
    folder,
    recorded,
    `-max_total_time=${seconds}`,
    `-max_len=${MAX_LENGTH}`,
    '-print_final_stats=1',
    `-seed=${process.env['SEED'] ?? 0}`,
    dictionary,
    `-artifact_prefix=${found}/`,
  );
  if (!keep) continue;
  const merged = `${folder}-merged`;
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged);
  run(target, '-merge=1', `-max_len=${MAX_LENGTH}`, merged, folder, recorded);
  writeFileSync(file, pack(merged));
  console.log(`  ${readdirSync(merged).length} inputs reach something of their own; the shortest are kept`);
}
