// The versions of the app and the SDK for the report, from the package.json of the host and of the installed SDK.

import type { Checkout } from './checkout';
import { specifierOf } from './checkout';
import { field, isText, readJson } from './json';

const SDK = 'matrix-js-sdk';
/** The declaration with literal versions, as the installer wrote it, with or without known versions. */
const LITERAL = /^const extras = \{ app: (['"])[^'"]*\1(, sdkVersion: (['"])[^'"]*\3)? \};?\r?$/m;

export type Extras = { imports: string; declaration: string };

/**
 * Imports both package.json files if the host's compiler accepts it: the versions then stay right when the host is
 * updated. Otherwise they are written as text, which the next `install` renews.
 */
export function extrasOf(checkout: Checkout, from: string): Extras {
  const app = appName(checkout);
  const manifest = readJson(checkout.read('package.json'));
  const version = field(manifest, 'version');
  const isTyped = checkout.read('tsconfig.json') !== null;
  const hasVersion = isText(version) && version !== '';
  if (hasVersion && (!isTyped || readsJson(checkout)) && sdkShowsVersion(checkout)) {
    return {
      imports:
        `import { version as sdkVersion } from '${SDK}/package.json';\n` +
        `import { version } from '${specifierOf(from, 'package.json')}';\n`,
      declaration: `const extras = { app: \`${app} \${version}\`, sdkVersion };\n`,
    };
  }
  const sdk = sdkVersion(checkout, manifest);
  const fields = [`app: '${hasVersion ? `${app} ${version}` : app}'`, ...(sdk ? [`sdkVersion: '${sdk}'`] : [])];
  return { imports: '', declaration: `const extras = { ${fields.join(', ')} };\n` };
}

/** The text of an installed file; if it has literal versions, with the current ones. */
export function refreshExtras(before: string, now: string): string {
  const [was, is] = [LITERAL.exec(before)?.[0], LITERAL.exec(now)?.[0]];
  return was && is ? before.replace(was, () => is) : before;
}

export function appName(checkout: Checkout): string {
  const title = checkout.read('index.html')?.match(/<title>\s*([^<"'`$\\{}]+?)\s*<\/title>/)?.[1];
  return title ?? 'Cinny';
}

function readsJson(checkout: Checkout): boolean {
  const option = (name: string) => {
    const value = checkout.compilerOption(name);
    return isText(value) ? value.toLowerCase() : value;
  };
  // Then every file that is compiled has to be listed, or lie in that folder: package.json is not and does not.
  if (option('composite') === true || option('rootDir') !== undefined) return false;
  const resolution = option('moduleResolution');
  // As Node resolves, an import of JSON has to name an attribute, which older compilers and bundlers cannot read.
  if (/^node(16|18|20|next)$/.test(String(resolution ?? option('module')))) return false;
  return (option('resolveJsonModule') ?? resolution === 'bundler') === true;
}

function sdkShowsVersion(checkout: Checkout): boolean {
  const installed = readJson(checkout.read(`node_modules/${SDK}/package.json`));
  const exports = field(installed, 'exports');
  return exports === undefined || exports === null || field(exports, './package.json') !== undefined;
}

function sdkVersion(checkout: Checkout, manifest: unknown): string | null {
  const installed = field(readJson(checkout.read(`node_modules/${SDK}/package.json`)), 'version');
  const requested = field(field(manifest, 'dependencies'), SDK);
  return [installed, requested].filter(isText).map((text) => /\d+\.\d+\.\d+\S*$/.exec(text)?.[0])[0] ?? null;
}
