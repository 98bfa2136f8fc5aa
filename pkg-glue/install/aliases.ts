// Resolves non-relative specifiers by `compilerOptions.paths`, and by Vite's `resolve.alias` if its values are
// literals. Neither configuration is executed.

import { posix } from 'node:path';
import type { Node } from '@babel/types';

import { field, isText, readJson } from './json';
import { end, keyOf, readSource, type Source, start } from './syntax';

/** Maps a specifier to a path in the checkout, without its extension; `null` if the alias does not match. */
export type Alias = (specifier: string) => string | null;

type Read = (path: string) => string | null;

const TYPESCRIPT = ['tsconfig.json', 'jsconfig.json'];
/** Where Vite looks for its configuration, in its order. */
export const VITE = ['js', 'mjs', 'ts', 'cjs', 'mts', 'cts'].map((ending) => `vite.config.${ending}`);

export function aliasesOf(read: Read): Alias[] {
  const compilers = TYPESCRIPT.flatMap((path) => compilerAliases(read, path));
  const bundlers = VITE.flatMap((path) => viteAliases(path, read(path)));
  return [...compilers, ...bundlers];
}

/** The value of an option, from the configuration itself or from the nearest one it extends. */
export function compilerOption(read: Read, name: string): unknown {
  for (const path of TYPESCRIPT) {
    const found = configs(read, path).find(({ options }) => field(options, name) !== undefined);
    if (found) return field(found.options, name);
  }
  return undefined;
}

type Config = { path: string; options: unknown };

/** A configuration, followed by those that it extends or references: the first that sets an option wins. */
function configs(read: Read, path: string, seen = new Set<string>()): Config[] {
  const config = readJson(read(path));
  if (config === undefined || seen.has(path)) return [];
  seen.add(path);
  const listed = (value: unknown) => (Array.isArray(value) ? value : [value]).filter(isText);
  // If it extends several, the last one wins.
  const extended = listed(field(config, 'extends')).reverse();
  const references = field(config, 'references');
  const referred = Array.isArray(references) ? listed(references.map((reference) => field(reference, 'path'))) : [];
  const others = [...extended, ...referred].flatMap((name) => {
    const base = name.startsWith('.') ? posix.join(posix.dirname(path), name) : posix.join('node_modules', name);
    const file = [base, `${base}.json`, `${base}/tsconfig.json`].find((candidate) => read(candidate) !== null);
    return file === undefined ? [] : configs(read, file, seen);
  });
  return [{ path, options: field(config, 'compilerOptions') }, ...others];
}

function compilerAliases(read: Read, path: string): Alias[] {
  const chain = configs(read, path);
  const baseUrl = chain.find(({ options }) => isText(field(options, 'baseUrl')));
  const base = baseUrl && posix.join(posix.dirname(baseUrl.path), String(field(baseUrl.options, 'baseUrl')));
  const aliases = chain.flatMap(({ path: file, options }) => {
    const paths = field(options, 'paths');
    if (typeof paths !== 'object' || paths === null) return [];
    return Object.entries(paths).flatMap(([pattern, targets]) => {
      if (!Array.isArray(targets)) return [];
      return targets
        .filter(isText)
        .map((target) => patternAlias(pattern, posix.join(base ?? posix.dirname(file), target)));
    });
  });
  // `baseUrl` alone resolves every specifier.
  return base === undefined ? aliases : [...aliases, (specifier) => posix.join(base, specifier)];
}

function patternAlias(pattern: string, target: string): Alias {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return (specifier) => (specifier === pattern ? target : null);
  return (specifier) => {
    const fits = specifier.startsWith(before) && specifier.endsWith(after);
    if (!fits || specifier.length < before.length + after.length) return null;
    return target.replace('*', specifier.slice(before.length, specifier.length - after.length));
  };
}

function viteAliases(path: string, text: string | null): Alias[] {
  if (text === null) return [];
  let source: Source;
  try {
    source = readSource(path, text);
  } catch {
    return [];
  }
  const named = source.nodes.filter((node) => node.type === 'ObjectProperty' && keyOf(node) === 'alias');
  return named.flatMap((node) => {
    const value = node.type === 'ObjectProperty' ? node.value : null;
    if (value?.type === 'ObjectExpression') {
      return value.properties.flatMap((property) => {
        const name = keyOf(property);
        const target = property.type === 'ObjectProperty' ? pathIn(source, property.value) : null;
        return name === null || target === null ? [] : [prefixAlias(name, target)];
      });
    }
    if (value?.type !== 'ArrayExpression') return [];
    return value.elements.flatMap((element) => {
      if (element?.type !== 'ObjectExpression') return [];
      const valueFor = (name: string) => {
        const found = element.properties.find((property) => keyOf(property) === name);
        return found?.type === 'ObjectProperty' ? found.value : null;
      };
      const [find, replacement] = [valueFor('find'), valueFor('replacement')];
      const target = replacement && pathIn(source, replacement);
      if (!find || target === null) return [];
      if (find.type === 'StringLiteral') return [prefixAlias(find.value, target)];
      return find.type === 'RegExpLiteral' ? [regExpAlias(find.pattern, find.flags, target)] : [];
    });
  });
}

/** Joins the strings of `path.resolve(__dirname, 'src', 'app')` or `new URL('./src/app', import.meta.url)` in order. */
function pathIn(source: Source, value: Node): string | null {
  const texts = source.nodes
    .filter((node) => node.type === 'StringLiteral' && start(node) >= start(value) && end(node) <= end(value))
    .map((node) => (node.type === 'StringLiteral' ? node.value : ''));
  return texts.length === 0 ? null : posix.join(...texts.map((text) => text.replace(/^\/+/, '')));
}

const prefixAlias =
  (name: string, target: string): Alias =>
  (specifier) => {
    if (specifier === name) return target;
    const prefix = name.endsWith('/') ? name : `${name}/`;
    return specifier.startsWith(prefix) ? posix.join(target, specifier.slice(prefix.length)) : null;
  };

function regExpAlias(pattern: string, flags: string, target: string): Alias {
  try {
    const expression = new RegExp(pattern, flags.replace(/[gy]/g, ''));
    return (specifier) => (expression.test(specifier) ? specifier.replace(expression, target) : null);
  } catch {
    return () => null;
  }
}
