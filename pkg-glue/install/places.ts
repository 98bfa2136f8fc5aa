// Where in a checkout things belong, found by what the code does: not by line, and not by what its files are called.

import type { Expression, JSXElement, Node } from '@babel/types';

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

/** The checkout has another shape than is known here. */
export class NotUnderstood extends Error {}

/** A place in JSX, after a child, with the condition under which that child is there. */
export type Sibling = { source: Source; after: Node; condition: string | null };

export class Places {
  private readonly sources = new Map<string, Source>();

  constructor(readonly checkout: Checkout) {}

  /** The module that the page starts with. */
  entry(): Source {
    const page = this.checkout.read('index.html') ?? '';
    const scripts = [...page.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
    const modules = scripts.filter((tag) => /\btype=["']module["']/.test(tag));
    const named = modules.map((tag) => tag.match(/\bsrc=["'](?:\.?\/)?([^"']+)["']/)?.[1]);
    const path = [...named, 'src/index.tsx', 'src/main.tsx'].find((name) => name && this.checkout.read(name) !== null);
    if (!path) throw new NotUnderstood('no entry: index.html names no module of this checkout');
    return this.source(path);
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
    return only(cards, 'a SequenceCard that offers the access token (the Developer Tools)');
  }

  /** After an element; where it is all that its component shows, after that component, wherever it is used. */
  after(source: Source, element: JSXElement): Sibling {
    let condition: string | null = null;
    let child: Node = element;
    for (const ancestor of ancestors(source, element)) {
      if (isJsx(ancestor)) return { source, after: child, condition };
      const sense = conditionOf(source, ancestor, child);
      if (sense !== null) condition = condition === null ? sense : `${sense} && ${condition}`;
      else if (ancestor.type !== 'JSXExpressionContainer') break;
      child = ancestor;
    }
    const component = componentAround(source, element);
    if (!component || condition !== null)
      throw new NotUnderstood(`${source.path}: the access token's card has no place of its own`);
    const user = this.userOf(component, source.path);
    return this.after(user.source, user.element);
  }

  /** The component that makes the client, and the module that it makes it with. */
  clientRoot(): { source: Source; component: string; initMatrix: string } {
    const makers = this.search(['initClient'], (source) => {
      const calls = source.nodes.filter(isCallOf('initClient'));
      const from = importOf(source, 'initClient')?.node.source.value;
      const initMatrix = from === undefined ? null : this.checkout.resolve(source.path, from);
      const components = new Set(calls.map((call) => componentAround(source, call)));
      return [...components].flatMap((component) =>
        component && initMatrix ? [{ source, component, initMatrix }] : [],
      );
    });
    return only(makers, 'a component that starts the client with initClient() of initMatrix');
  }

  /** Where the component of a file is used, in another one: `<Component>`. */
  userOf(component: string, path: string): { source: Source; element: JSXElement } {
    const users = this.search([component], (source) => {
      const from = importOf(source, component);
      if (!from || source.path === path) return [];
      return elements(source, component).map((element) => ({ source, element }));
    });
    return only(users, `one <${component}>`);
  }

  /** What hands the client to the app: `<MatrixClientProvider value={mx}>`. */
  provider(source: Source): JSXElement {
    const named = source.nodes
      .filter(isElement)
      .filter((element) =>
        /MatrixClient\w*Provider$|MatrixClientContext/.test(textOf(source, element.openingElement.name)),
      );
    return only(named, `a MatrixClientProvider in ${source.path}`);
  }

  /** The function that says which session there is: what `baseUrl` is taken from. */
  session({ source, component }: { source: Source; component: string }): { path: string; name: string } | null {
    for (const node of source.nodes) {
      if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !node.init) continue;
      if (!/\bbaseUrl\b/.test(textOf(source, node.id)) || componentAround(source, node) !== component) continue;
      const { init } = node;
      const call = source.nodes.find((inner) => inner.type === 'CallExpression' && isInside(inner, init));
      if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier' || call.arguments.length > 0) continue;
      const found = importOf(source, call.callee.name);
      const path = found && this.checkout.resolve(source.path, found.node.source.value);
      if (found && path && found.imported === call.callee.name && !/^use[A-Z]/.test(found.imported)) {
        return { path, name: found.imported };
      }
    }
    return null;
  }

  /** The module that a file's import of a name means; or the one that exports it. */
  home(name: string, source: Source): string {
    const node = importOf(source, name)?.node;
    const imported = node && this.checkout.resolve(source.path, node.source.value);
    if (imported) return imported;
    const exporters = this.search([name], (other) => (exportedNames(other).includes(name) ? [other.path] : []));
    return only(exporters, `a module that exports ${name}`);
  }

  exports(path: string, name: string): boolean {
    return exportedNames(this.source(path)).includes(name);
  }

  source(path: string): Source {
    const text = this.checkout.read(path) ?? '';
    const known = this.sources.get(path);
    if (known?.text === text) return known;
    try {
      const source = readSource(path, text);
      this.sources.set(path, source);
      return source;
    } catch (error) {
      throw new NotUnderstood(`${path} cannot be parsed: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** What is found in the files that have all of the words. Files that cannot be parsed hold nothing. */
  private search<T>(words: string[], find: (source: Source) => T[]): T[] {
    return this.checkout.sources().flatMap((path) => {
      const text = this.checkout.read(path) ?? '';
      if (!words.every((word) => text.includes(word))) return [];
      try {
        return find(this.source(path));
      } catch {
        return [];
      }
    });
  }
}

function only<T>(found: T[], what: string): T {
  const [first] = found;
  if (first === undefined) throw new NotUnderstood(`not found: ${what}`);
  if (found.length > 1) throw new NotUnderstood(`found ${found.length} times where one was expected: ${what}`);
  return first;
}

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

/** The condition that an expression puts on its part; nothing, where it is no such expression. */
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

/** Every import of the checkout's own modules under these names, for a file elsewhere. */
export function importsOf(source: Source, names: string[]) {
  return names.flatMap((name) => {
    const node = source.imports.find((candidate) => bindings(candidate).some(({ local }) => local === name));
    const binding = node && bindings(node).find(({ local }) => local === name);
    return node && binding ? [{ ...binding, specifier: node.source.value }] : [];
  });
}
