// A host's build prints the package again. The inlined modules must survive every minifier byte for byte.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

import { textOf } from '../../pkg-glue/inlined-wasm.mjs';
import { bytesOf } from '../../pkg-glue/src/inlined';
import { MINIFIERS } from './minifiers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const glue = join(here, '../../pkg-glue');
const built = join(here, 'dist/minified');
const modules = ['capture', 'diagnosis', 'viewer'].map((name) =>
  readFileSync(join(glue, 'wasm', name, 'optimised.wasm')),
);

/** The string literals or templates that begin like an inlined module. */
const inlined = (code: string) =>
  (code.match(/(["'`])[ !#%&(-;=-[\]-_a-~]{89}[0-9a-f]{512}[ !#%&(-;=-[\]-_a-~]*\1/g) ?? []).map((literal) =>
    literal.slice(1, -1),
  );

test('the package contains each WebAssembly module once, without characters that a minifier may escape', () => {
  const found = readdirSync(join(glue, 'dist'))
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => inlined(readFileSync(join(glue, 'dist', name), 'utf8')));
  expect(found.map((text) => Buffer.from(bytesOf(text)).toString('hex')).sort()).toEqual(
    modules.map((wasm) => wasm.toString('hex')).sort(),
  );
});

for (const [name, minify] of Object.entries(MINIFIERS)) {
  for (const [form, quote] of [
    ['a string', '"'],
    ['a template', '`'],
  ] as const) {
    test(`${name} keeps the inlined WebAssembly in ${form}`, async () => {
      for (const wasm of modules) {
        const text = textOf(wasm);
        const code = await minify(`export const text = ${quote}${text}${quote};`);
        const { text: carried } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
        expect(carried === text).toBe(true);
      }
    });
  }

  test(`the package minified by ${name} runs`, async () => {
    const folder = join(built, name.replace(/\W+/g, '-'));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const file of readdirSync(join(glue, 'dist')).filter((file) => file.endsWith('.js'))) {
      writeFileSync(join(folder, file), await minify(readFileSync(join(glue, 'dist', file), 'utf8')));
    }
    const script = `
      const { buildCryptoDiagReport, installCryptoDiagLog } = await import('./index.js');
      const { diagnoseReport } = await import('./diagnosis.js');
      const { warn } = console;
      console.warn = () => {};
      const undo = installCryptoDiagLog();
      console.warn('Error decrypting event (id=$a type=m.room.encrypted sender=@a:b room=!r:b): DecryptionError[msg: missing field \`algorithm\` at line 1 column 339]');
      const report = JSON.parse(buildCryptoDiagReport());
      undo();
      console.warn = warn;
      console.log(String([report.status.state, report.counts['KE-3'], diagnoseReport(report).diagnosis.findings.length > 3]));`;
    const run = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], run)).toBe('running,1,true\n');
  });
}
