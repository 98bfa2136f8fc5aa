// Finds the places to edit in a checkout by what the code does, not by line numbers or file names.

import type {
  ArrowFunctionExpression,
  Expression,
  FunctionDeclaration,
  FunctionExpression,
  JSXElement,
  Node,
} from '@babel/types';

import type { Checkout } from './checkout';
import {
  ancestors,
  bindings,
  componentAround,
  elements,
  exportedNames,
  importOf,
  isElement,
  isInside,
  isJsx,
  nameOf,
  readSource,
  type Source,
  textOf,
} from './syntax';

/** The optional parts, installed in addition to the first import. */
export const PARTS = ['card', 'gate', 'recovery'] as const;
export type Part = (typeof PARTS)[number];

/** The checkout has an unknown structure. `parts`: the parts that cannot be installed, if the others can. */
export class NotUnderstood extends Error {
  constructor(
    message: string,
    readonly parts: Part[] = [],
  ) {
    super(message);
  }
}

/** How many imports away from the page's script the call that renders the app may be. */
const ENTRY_DEPTH = 2;

/** A place in JSX after a child, with the condition under which that child is rendered. */
export type Sibling = { source: Source; after: Node; condition: string | null };

export class Places {
  private readonly sources = new Map<string, Source>();

  constructor(readonly checkout: Checkout) {}

  /** The page's module that renders the app: a page may load other modules, such as shims. */
  entry(): Source {
    const page = (this.checkout.read('index.html') ?? '').replace(/<!--[\s\S]*?-->/g, '');
    const scripts = [...page.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
    const modules = scripts.filter((tag) => /\btype=["']?module\b/.test(tag));
    const named = modules.flatMap((tag) => tag.match(/\bsrc=["']?(?:%BASE_URL%)?(?:\.?\/)?([^"'\s>]+)/)?.[1] ?? []);
    const usual = ['index', 'main'].flatMap((name) =>
      ['tsx', 'jsx', 'ts', 'js'].map((ending) => `src/${name}.${ending}`),
    );
    const [namedFiles, usualFiles] = [named, usual].map((paths) =>
      paths.filter((path) => this.checkout.read(path) !== null),
    );
    const present = namedFiles?.length ? namedFiles : (usualFiles ?? []).slice(0, 1);
    const entries = present.length > 1 ? present.filter((path) => this.rendersApp(path, ENTRY_DEPTH)) : present;
    const [entry, another] = entries;
    if (!entry)
      throw new NotUnderstood(
        listing('no entry: index.html names no module of this checkout that draws the app', named),
      );
    if (another)
      throw new NotUnderstood(listing('no entry: index.html names several modules that draw the app', entries));
    return this.source(entry);
  }

  /** Whether a module renders the app with React, itself or in a module that it loads. */
  private rendersApp(path: string, depth: number): boolean {
    const source = this.parsed(path);
    if (!source) return false;
    if (['createRoot', 'hydrateRoot', 'render', 'hydrate'].some((name) => source.nodes.some(isCallOf(name))))
      return true;
    if (depth === 0) return false;
    const loaded = source.nodes.flatMap((node) => {
      if (node.type === 'ImportDeclaration') return [node.source.value];
      const isImport = node.type === 'CallExpression' && node.callee.type === 'Import';
      const specifier = isImport ? node.arguments[0] : null;
      return specifier?.type === 'StringLiteral' ? [specifier.value] : [];
    });
    return loaded.some((specifier) => {
      const module = this.checkout.resolve(path, specifier);
      return module !== null && this.rendersApp(module, depth - 1);
    });
  }

  /** The card with the access token, in the Developer Tools. */
  accessTokenCard(): { source: Source; card: JSXElement } {
    const cards = this.search(['getAccessToken', 'SequenceCard'], (source) => {
      const around = source.nodes.filter(isCallOf('getAccessToken')).map((call) => {
        const cardsAround = ancestors(source, call)
          .filter(isElement)
          .filter((element) => nameOf(element) === 'SequenceCard');
        return cardsAround[0];
      });
      return [...new Set(around)].flatMap((card) => (card ? [{ source, card }] : []));
    });
    return only(
      cards,
      'a SequenceCard that offers the access token (the Developer Tools)',
      ({ source }) => source.path,
    );
  }

  /**
   * The place after an element; if its component renders nothing else, after that component in the file that uses it.
   */
  after(source: Source, element: JSXElement): Sibling {
    let condition: string | null = null;
    let child: Node = element;
    for (const ancestor of ancestors(source, element)) {
      if (isJsx(ancestor)) return { source, after: child, condition };
      const partCondition = conditionOf(source, ancestor, child);
      if (partCondition !== null) condition = condition === null ? partCondition : `${partCondition} && ${condition}`;
      else if (ancestor.type !== 'JSXExpressionContainer') break;
      child = ancestor;
    }
    const component = componentAround(source, element);
    if (!component || condition !== null)
      throw new NotUnderstood(`${source.path}: the access token's card has no place of its own`);
    const usage = this.usageOf(component, source.path);
    return this.after(usage.source, usage.element);
  }

  /** The component that creates the client, and the module with which it does. */
  clientRoot(): { source: Source; component: string; initMatrix: string } {
    const clientCreators = this.search(['initClient'], (source) => {
      const calls = source.nodes.filter(isCallOf('initClient'));
      const from = importOf(source, 'initClient')?.node.source.value;
      const initMatrix = from === undefined ? null : this.checkout.resolve(source.path, from);
      const components = new Set(calls.map((call) => componentAround(source, call)));
      return [...components].flatMap((component) =>
        component && initMatrix ? [{ source, component, initMatrix }] : [],
      );
    });
    // A client may also be created temporarily elsewhere, for example to log another account out.
    const withProvider = clientCreators.filter(({ source }) => providers(source).length > 0);
    const roots = withProvider.length > 0 ? withProvider : clientCreators;
    return only(
      roots,
      'a component that starts the client with initClient() of initMatrix',
      ({ source }) => source.path,
    );
  }

  /** The place in another file where a component is used: `<Component>`. */
  usageOf(component: string, path: string): { source: Source; element: JSXElement } {
    const users = this.search([component], (source) => {
      const from = importOf(source, component);
      if (!from || source.path === path) return [];
      return elements(source, component).map((element) => ({ source, element }));
    });
    return only(users, `one <${component}> outside of ${path}`, ({ source }) => source.path);
  }

  /**
   * Further arguments for `checkCryptoStore`: the name of the crypto store, if the host sets one; `null` if it is not a
   * literal.
   */
  storeOptions(initMatrix: string): string | null {
    const source = this.source(initMatrix);
    const prefixes = source.nodes.flatMap((node) => {
      const isPrefix =
        node.type === 'ObjectProperty' && node.key.type === 'Identifier' && node.key.name === 'cryptoDatabasePrefix';
      return isPrefix ? [node.value] : [];
    });
    const [prefix] = prefixes;
    if (!prefix) return '';
    if (prefix.type !== 'StringLiteral' || prefixes.length > 1) return null;
    return `, { databasePrefix: '${prefix.value}' }`;
  }

  /** The element that provides the client to the app: `<MatrixClientProvider value={mx}>`. */
  provider(source: Source): JSXElement {
    return only(providers(source), `a MatrixClientProvider in ${source.path}`, () => source.path);
  }

  /** The function that returns the session (from which `baseUrl` is read), and the function beside it that drops it. */
  session({
    source,
    component,
  }: {
    source: Source;
    component: string;
  }): { path: string; name: string; removal: string | null } | null {
    for (const node of source.nodes) {
      if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !node.init) continue;
      if (!/\bbaseUrl\b/.test(textOf(source, node.id)) || componentAround(source, node) !== component) continue;
      const { init } = node;
      const call = source.nodes.find((inner) => inner.type === 'CallExpression' && isInside(inner, init));
      if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier' || call.arguments.length > 0) continue;
      const found = importOf(source, call.callee.name);
      const path = found && this.checkout.resolve(source.path, found.node.source.value);
      if (found && path && found.imported === call.callee.name && !/^use[A-Z]/.test(found.imported)) {
        return { path, name: found.imported, removal: this.removalOf(path, found.imported) };
      }
    }
    return null;
  }

  /**
   * As `removeFallbackSession` for `getFallbackSession`. It takes no argument, so it drops this session and no other.
   */
  private removalOf(path: string, reader: string): string | null {
    const subject = reader.replace(/^(get|read|load)/, '');
    const named = new RegExp(`^(remove|clear|delete|drop)${subject}$`);
    const names = exportedNames(this.source(path)).filter(
      (name) => named.test(name) && this.parametersOf(path, name) === 0,
    );
    return names.length === 1 ? (names[0] ?? null) : null;
  }

  /** The module from which a file imports a name, or the module that exports it. */
  moduleOf(name: string, source: Source): string {
    const node = importOf(source, name)?.node;
    const imported = node && this.checkout.resolve(source.path, node.source.value);
    if (imported) return imported;
    const exporters = this.search([name], (other) => (exportedNames(other).includes(name) ? [other.path] : []));
    // A component's stylesheet may have the same name.
    const modules = exporters.filter((path) => !/\.css\.[jt]s$/.test(path));
    const components = modules.filter((path) => /\.[jt]sx$/.test(path));
    const isComponent = /^[A-Z]/.test(name) && components.length > 0;
    return only(isComponent ? components : modules, `a module that exports ${name}`, (path) => path);
  }

  /** The text of a module's export; empty if it is declared elsewhere, `null` if there is none. */
  declaration(path: string, name: string): string | null {
    const source = this.source(path);
    if (!exportedNames(source).includes(name)) return null;
    const declared = declarationOf(source, name);
    return declared ? textOf(source, declared) : '';
  }

  /** How many parameters a module's function has; 0 if unknown. */
  parametersOf(path: string, name: string): number {
    const source = this.source(path);
    const declared = declarationOf(source, name);
    const isFunction = (node: Node): node is ArrowFunctionExpression | FunctionDeclaration | FunctionExpression =>
      ['ArrowFunctionExpression', 'FunctionDeclaration', 'FunctionExpression'].includes(node.type);
    return source.nodes.filter(isFunction).find((node) => declared && isInside(node, declared))?.params.length ?? 0;
  }

  source(path: string): Source {
    const text = this.checkout.read(path) ?? '';
    const cached = this.sources.get(path);
    if (cached?.text === text) return cached;
    try {
      const source = readSource(path, text);
      this.sources.set(path, source);
      return source;
    } catch (error) {
      throw new NotUnderstood(`${path} cannot be parsed: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Searches the files that contain all of the words. Files that cannot be parsed are skipped. */
  private search<T>(words: string[], find: (source: Source) => T[]): T[] {
    return this.checkout.sources().flatMap((path) => {
      const text = this.checkout.read(path) ?? '';
      if (!words.every((word) => text.includes(word))) return [];
      const source = this.parsed(path);
      return source ? find(source) : [];
    });
  }

  /** `null` if it cannot be parsed. */
  parsed(path: string): Source | null {
    try {
      return this.source(path);
    } catch {
      return null;
    }
  }
}

function only<T>(found: T[], what: string, pathOf: (place: T) => string): T {
  const [first] = found;
  if (first === undefined) throw new NotUnderstood(`not found: ${what}`);
  if (found.length > 1) {
    throw new NotUnderstood(listing(`found ${found.length} times where one was expected: ${what}`, found.map(pathOf)));
  }
  return first;
}

const providers = (source: Source): JSXElement[] =>
  source.nodes
    .filter(isElement)
    .filter((element) =>
      /MatrixClient\w*Provider$|MatrixClientContext/.test(textOf(source, element.openingElement.name)),
    );

const listing = (message: string, paths: string[]): string =>
  [paths.length > 0 ? `${message}:` : message, ...paths.map((path) => `  ${path}`)].join('\n');

/** A call of `name()` or `….name()`. */
function isCallOf(name: string): (node: Node) => boolean {
  return (node) => {
    if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return false;
    const callee = node.callee as Expression;
    if (callee.type === 'Identifier') return callee.name === name;
    const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
    return isMember && callee.property.type === 'Identifier' && callee.property.name === name;
  };
}

/** The condition under which an expression evaluates to its part; `null` if it is neither `&&` nor `?:`. */
function conditionOf(source: Source, node: Node, part: Node): string | null {
  const bare = (test: Expression) => {
    const text = textOf(source, test);
    return /^[\w.!?()]+$/.test(text) ? text : `(${text})`;
  };
  if (node.type === 'LogicalExpression' && node.operator === '&&' && node.right === part) return bare(node.left);
  if (node.type !== 'ConditionalExpression') return null;
  if (node.consequent === part) return bare(node.test);
  return node.alternate === part ? `!${bare(node.test)}` : null;
}

/** The top-level declaration of a name. */
function declarationOf(source: Source, name: string): Node | undefined {
  return source.body.find((node) => {
    const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
    if (declaration?.type === 'FunctionDeclaration') return declaration.id?.name === name;
    if (declaration?.type !== 'VariableDeclaration') return false;
    return declaration.declarations.some(({ id }) => id.type === 'Identifier' && id.name === name);
  });
}

/** The imports of these names, so that another file can import them too. */
export function importsOf(source: Source, names: string[]) {
  return names.flatMap((name) => {
    const node = source.imports.find((candidate) => bindings(candidate).some(({ local }) => local === name));
    const binding = node && bindings(node).find(({ local }) => local === name);
    return node && binding ? [{ ...binding, specifier: node.source.value }] : [];
  });
}
