// Writes one declaration file for each entry, which every module resolution can read, and the public API as text to
// `build/api`: `make check` compares it with `api`, `make api` copies it there.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const here = dirname(fileURLToPath(import.meta.url));
const build = join(here, 'build');
const types = join(build, 'types/pkg-glue/src');
const api = join(build, 'api');
rmSync(api, { recursive: true, force: true });
mkdirSync(api, { recursive: true });

// The other entries must share the main entry's types instead of declaring them again. They have to find it as another
// package, as in a host; therefore the declarations are in a package with another name.
writeFileSync(join(build, 'package.json'), '{ "name": "declarations", "version": "0.0.0", "type": "module" }\n');
const others = readdirSync(join(types, 'react')).map((name) => `react/${name}`);
for (const path of ['diagnosis.d.ts', 'server-evidence.d.ts', 'generated/evidence.d.ts', ...others].map((name) =>
  join(types, name),
)) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/(['"])\.\.?\/(index|(generated\/)?model)\1/g, "'lotus-crypto-diag'"));
}

let errors = 0;
for (const entry of ['index', 'auto', 'diagnosis', 'server-evidence', 'vite', 'react/index']) {
  Extractor.invoke(
    ExtractorConfig.prepare({
      packageJsonFullPath: join(build, 'package.json'),
      configObjectFullPath: undefined,
      configObject: {
        projectFolder: build,
        newlineKind: 'lf',
        mainEntryPointFilePath: join(types, `${entry}.d.ts`),
        compiler: {
          overrideTsconfig: {
            extends: '../../tsconfig.json',
            compilerOptions: { preserveSymlinks: true, skipLibCheck: true },
            files: [join(types, `${entry}.d.ts`)],
          },
        },
        apiReport: {
          enabled: true,
          includeForgottenExports: true,
          reportFolder: api,
          reportTempFolder: join(build, 'api-temp'),
          reportFileName: entry.replace('/index', ''),
        },
        dtsRollup: { enabled: true, untrimmedFilePath: join(here, `dist/${entry}.d.ts`) },
        docModel: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } } },
      },
    }),
    {
      localBuild: true,
      messageCallback(message) {
        message.handled = true;
        const quiet = ['ae-missing-release-tag', 'ae-undocumented'].includes(message.messageId);
        if (message.logLevel !== ExtractorLogLevel.Error || quiet) return;
        errors += 1;
        console.error(`${message.sourceFilePath ?? ''}: ${message.text}`);
      },
    },
  );
}
if (errors > 0) process.exit(1);
copyFileSync(join(here, 'dist/vite.d.ts'), join(here, 'dist/vite.d.cts'));

for (const name of readdirSync(api)) {
  const path = join(api, name);
  const entry = name.replace('.api.md', '').replace(/^index$/, '.');
  const title = `# API of \`${join('lotus-crypto-diag', entry)}\`\n\nWritten by \`make api\`.\n\n`;
  const [, fenced = ''] = readFileSync(path, 'utf8').split(/(?=```ts)/);
  writeFileSync(path, title + fenced.replace('\n// (No @packageDocumentation comment for this package)\n', ''));
}
