// The plugin in Vite's configuration: where it goes, and that uninstalling restores every byte.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { checkOut, commit, edit, files, root, run } from './install-checkout';

const IMPORT = "import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';";
const NOTE = 'add cryptoDiagChunk() of lotus-crypto-diag/vite';

/** Checks out a host with this configuration; returns its text after the installation, and what that printed. */
function installWith(name: string, config: string) {
  checkOut('cinny-4.8');
  writeFileSync(join(root, name), config);
  commit('config');
  const { stdout } = run('install', root);
  return { text: files().get(name), stdout };
}

const UNDERSTOOD: [string, string, string, string][] = [
  [
    'a list with a line for each plugin',
    'vite.config.js',
    "import a from 'a';\nimport c from './c';\n\nexport default defineConfig({\n  plugins: [\n    // first\n    a({ plugins: [1] }),\n    b(),\n  ],\n  build: { rollupOptions: { plugins: [c()] } },\n});\n",
    `import a from 'a';\n${IMPORT}\nimport c from './c';\n\nexport default defineConfig({\n  plugins: [\n    cryptoDiagChunk(),\n    // first\n    a({ plugins: [1] }),\n    b(),\n  ],\n  build: { rollupOptions: { plugins: [c()] } },\n});\n`,
  ],
  [
    'a list on one line, of a function’s result',
    'vite.config.ts',
    'import { type UserConfig } from "vite"\r\nexport default (): UserConfig => ({ plugins: [a(), b()] })\r\n',
    'import { type UserConfig } from "vite"\r\nimport { cryptoDiagChunk } from "lotus-crypto-diag/vite"\r\nexport default (): UserConfig => ({ plugins: [cryptoDiagChunk(), a(), b()] })\r\n',
  ],
  [
    'a list whose first item is in parentheses, or missing',
    'vite.config.js',
    "import a from 'a';\nexport default { plugins: [/** @type {any} */ (a()), , ...b] };\n",
    `import a from 'a';\n${IMPORT}\nexport default { plugins: [cryptoDiagChunk(), /** @type {any} */ (a()), , ...b] };\n`,
  ],
  [
    'a module without imports, beside lists of other tools',
    'vite.config.js',
    "const babel = { plugins: ['x'] };\nexport default async () => {\n  return { plugins: [\n    ...a ] };\n};\n",
    `${IMPORT}\nconst babel = { plugins: ['x'] };\nexport default async () => {\n  return { plugins: [\n    cryptoDiagChunk(),\n    ...a ] };\n};\n`,
  ],
  [
    'a module that imports only files of its own',
    'vite.config.js',
    "// ours\nimport c from './c';\nexport default { plugins: [c()] };\n",
    `// ours\n${IMPORT}\nimport c from './c';\nexport default { plugins: [cryptoDiagChunk(), c()] };\n`,
  ],
  [
    'an empty list, of a variable',
    'vite.config.mts',
    "import 'a';\nconst config = { plugins: [] } satisfies UserConfig;\nexport default config;\n",
    `import 'a';\n${IMPORT}\nconst config = { plugins: [cryptoDiagChunk()] } satisfies UserConfig;\nexport default config;\n`,
  ],
];

describe('the plugin', () => {
  it.each(UNDERSTOOD)('goes into %s', (_, name, before, after) => {
    const { text, stdout } = installWith(name, before);
    expect(Buffer.from(text ?? '', 'latin1').toString()).toBe(after);
    expect(stdout).not.toContain(NOTE);
    expect(run('install', root).stdout).toBe('Everything is in its place already.\n');
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(Buffer.from(files().get(name) ?? '', 'latin1').toString()).toBe(before);
  });

  it.each([
    ['no list', "import a from 'a';\nexport default defineConfig({ base: './' });\n"],
    [
      'only lists of other things',
      "import a from 'a';\nexport default { build: { plugins: [a()] }, css: [{ plugins: [] }] };\n",
    ],
    [
      'only a list of another tool',
      "import a from 'a';\nconst babel = { plugins: ['x'] };\nexport default { plugins: a };\n",
    ],
    ['two lists', "import a from 'a';\nexport default b ? { plugins: [a()] } : { plugins: [] };\n"],
    ['a list that is computed', "import a from 'a';\nexport default { plugins: [a()].filter(Boolean) };\n"],
    ['a CommonJS module', "const a = require('a');\nmodule.exports = { plugins: [a()] };\n"],
    ['a text that cannot be parsed', 'export default { plugins: [\n'],
  ])('is left to the developers for %s, and everything else is installed', (_, config) => {
    const { text, stdout } = installWith('vite.config.js', config);
    expect(text).toBe(config);
    expect(stdout).toContain(`Left to you: the list of plugins was not found in vite.config.js: ${NOTE}`);
    expect(files().get('src/main.tsx')).toContain('lotus-crypto-diag/auto');
    expect(run('uninstall', root)).toMatchObject({ status: 0, stderr: '' });
    expect(files().get('vite.config.js')).toBe(config);
  });

  const CHANGED = (list: string) => `import a from 'a';\n${IMPORT}\nexport default { plugins: ${list} };\n`;

  it.each([
    ['moved to the end', '[a(), cryptoDiagChunk()]', '[a()]'],
    ['moved to the middle', '[a(), cryptoDiagChunk(), b()]', '[a(), b()]'],
    ['left alone, on a line', '[\n  cryptoDiagChunk(),\n]', '[\n]'],
    ['moved to the last line', '[\n  a(),\n  cryptoDiagChunk()\n]', '[\n  a()\n]'],
    ['followed by a comment', '[\n  cryptoDiagChunk(),\n  // a\n  a(),\n]', '[\n  // a\n  a(),\n]'],
    ['taken out by hand', '[a()]', '[a()]'],
  ])('is removed after it was %s', (_, list, left) => {
    installWith('vite.config.js', "import a from 'a';\nexport default { plugins: [] };\n");
    writeFileSync(join(root, 'vite.config.js'), CHANGED(list));
    run('uninstall', root);
    expect(files().get('vite.config.js')).toBe(`import a from 'a';\nexport default { plugins: ${left} };\n`);
  });

  it.each([
    '[b && cryptoDiagChunk()]',
    '[cryptoDiagChunk(), cryptoDiagChunk()]',
    '[a(cryptoDiagChunk)]',
    '[(cryptoDiagChunk())]',
  ])('stays if the developers use it in another way, and the message says so: %s', (list) => {
    installWith('vite.config.js', "import a from 'a';\nexport default { plugins: [] };\n");
    writeFileSync(join(root, 'vite.config.js'), CHANGED(list));
    expect(run('uninstall', root).stdout).toContain('Left to you: vite.config.js uses lotus-crypto-diag/vite');
    expect(files().get('vite.config.js')).toBe(CHANGED(list));
    expect(files().get('src/main.tsx')).not.toContain('lotus-crypto-diag');
  });

  it('is mentioned to a host with Vite whose configuration is not found', () => {
    checkOut('cinny-4.8');
    edit('package.json', '"dependencies": {', '"devDependencies": { "vite": "^5.4.0" },\n  "dependencies": {');
    commit('vite');
    expect(run('install', root).stdout).toContain(`Left to you: Vite's configuration was not found: ${NOTE}`);
  });

  it('is not mentioned to a host without Vite', () => {
    checkOut('cinny-4.8');
    expect(run('install', root).stdout).not.toContain(NOTE);
  });
});
