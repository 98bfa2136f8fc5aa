// The files of a checkout. Changes are buffered until all of them are known.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import { type Alias, aliasesOf, compilerOption } from './aliases';

const SOURCE = /\.[jt]sx?$/;
/** Tests and stories: they use the components, but are not part of the app. */
const NO_PART_OF_THE_APP = /\.(test|spec|stories)\.[jt]sx?$|(^|\/)__\w+__\//;
const ENDINGS = ['', '.ts', '.tsx', '.js', '.jsx', '/index.ts', '/index.tsx', '/index.js', '/index.jsx'];

export type Change = { path: string; before: string | null; after: string | null };

/** Paths are relative to `root`, with slashes. */
export class Checkout {
  private readonly changed = new Map<string, string | null>();
  private aliases: Alias[] | undefined;

  constructor(readonly root: string) {}

  read(path: string): string | null {
    const changed = this.changed.get(path);
    if (changed !== undefined) return changed;
    return this.onDisk(path);
  }

  /** `null` removes the file. */
  change(path: string, text: string | null): void {
    this.changed.set(path, text);
  }

  changes(): Change[] {
    return [...this.changed]
      .map(([path, after]) => ({ path, before: this.onDisk(path), after }))
      .filter(({ before, after }) => before !== after)
      .sort((a, b) => a.path.localeCompare(b.path));
  }

  /** A copy with the same buffered changes; further changes to it are its own. */
  fork(): Checkout {
    const fork = new Checkout(this.root);
    for (const [path, text] of this.changed) fork.change(path, text);
    return fork;
  }

  write(): void {
    for (const { path, after } of this.changes()) {
      const file = join(this.root, path);
      if (after === null) {
        rmSync(file, { force: true });
        removeEmptyFolders(dirname(file), this.root);
      } else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, after);
      }
    }
  }

  /** Every source file of the app. */
  sources(): string[] {
    const found = walkFolder(join(this.root, 'src')).map((path) => posix.join('src', path));
    const added = [...this.changed].filter(([path, text]) => text !== null && path.startsWith('src/'));
    return [...new Set([...found, ...added.map(([path]) => path)])]
      .filter((path) => SOURCE.test(path) && !NO_PART_OF_THE_APP.test(path) && this.read(path) !== null)
      .sort();
  }

  /**
   * The file of the checkout that an import refers to, by path or by an alias of the compiler or Vite; `null` if none.
   */
  resolve(from: string, specifier: string): string | null {
    if (specifier.startsWith('.')) return this.file(posix.join(posix.dirname(from), specifier));
    if (specifier.startsWith('/')) return this.file(specifier.slice(1));
    this.aliases ??= aliasesOf((path) => this.read(path));
    for (const alias of this.aliases) {
      const path = alias(specifier);
      const file = path === null ? null : this.file(path);
      if (file !== null) return file;
    }
    return null;
  }

  compilerOption(name: string): unknown {
    return compilerOption((path) => this.read(path), name);
  }

  private file(path: string): string | null {
    const isFile = (candidate: string) => SOURCE.test(candidate) && this.read(candidate) !== null;
    // In a TypeScript host, `./name.js` may refer to `name.ts`.
    const bare = path.replace(/\.jsx?$/, '');
    const candidates = [...ENDINGS.map((ending) => path + ending), `${bare}.ts`, `${bare}.tsx`];
    return candidates.find(isFile) ?? null;
  }

  private onDisk(path: string): string | null {
    try {
      return readFileSync(join(this.root, path), 'utf8');
    } catch {
      return null;
    }
  }
}

function walkFolder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    if (!entry.isDirectory()) return [entry.name];
    return walkFolder(join(folder, entry.name)).map((path) => posix.join(entry.name, path));
  });
}

function removeEmptyFolders(folder: string, root: string): void {
  for (let path = folder; path !== root && path.startsWith(root); path = dirname(path)) {
    if (readdirSync(path).length > 0) return;
    rmdirSync(path);
  }
}

/** The specifier with which `from` imports `to`: without the extension and `/index`. */
export function specifierOf(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to.replace(/(\/index)?\.[jt]sx?$/, ''));
  return path.startsWith('.') ? path : `./${path}`;
}
