// Source text as a syntax tree, and the installer's queries on it.

import { parse } from '@babel/parser';
import type {
  File,
  Identifier,
  ImportDeclaration,
  JSXElement,
  JSXFragment,
  JSXOpeningElement,
  Node,
} from '@babel/types';

export type Parents = ReadonlyMap<Node, Node>;
export type Source = {
  path: string;
  text: string;
  imports: ImportDeclaration[];
  body: Node[];
  nodes: Node[];
  parents: Parents;
};

/** Throws the parser's error if the text cannot be parsed. */
export function readSource(path: string, text: string): Source {
  const isTyped = /\.[cm]?tsx?$/.test(path);
  const withJsx = !/\.[cm]?ts$/.test(path);
  const plugins: ('typescript' | 'jsx' | 'decorators')[] = ['decorators'];
  if (isTyped) plugins.push('typescript');
  if (withJsx) plugins.push('jsx');
  const file: File = parse(text, { sourceType: 'module', plugins, errorRecovery: true });
  const parents = new Map<Node, Node>();
  const nodes: Node[] = [];
  visit(file.program, (node, parent) => {
    nodes.push(node);
    if (parent) parents.set(node, parent);
  });
  const { body } = file.program;
  const imports = body.filter((node): node is ImportDeclaration => node.type === 'ImportDeclaration');
  return { path, text, imports, body, nodes, parents };
}

function visit(node: Node, found: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  found(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key.endsWith('Comments') || key === 'loc') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === 'object' && typeof child.type === 'string') visit(child, found, node);
    }
  }
}

export const start = (node: Node): number => node.start as number;
export const end = (node: Node): number => node.end as number;
export const textOf = (source: Source, node: Node): string => source.text.slice(start(node), end(node));
export const isInside = (inner: Node, outer: Node): boolean => start(inner) >= start(outer) && end(inner) <= end(outer);

export function ancestors(source: Source, node: Node): Node[] {
  const found: Node[] = [];
  for (let at = source.parents.get(node); at; at = source.parents.get(at)) found.push(at);
  return found;
}

export const isElement = (node: Node | undefined): node is JSXElement => node?.type === 'JSXElement';
export const isJsx = (node: Node | undefined): node is JSXElement | JSXFragment =>
  isElement(node) || node?.type === 'JSXFragment';

/** `Foo` for `<Foo …>`; `null` for `<foo.Bar>`. */
export function nameOf({ openingElement }: { openingElement: JSXOpeningElement }): string | null {
  return openingElement.name.type === 'JSXIdentifier' ? openingElement.name.name : null;
}

export function elements(source: Source, name: string): JSXElement[] {
  return source.nodes.filter(isElement).filter((element) => nameOf(element) === name);
}

/** The local names of an import with their exported names (or `default`, or `*`). */
export function bindings(node: ImportDeclaration): { imported: string; local: string }[] {
  return node.specifiers.flatMap((specifier) => {
    const local = specifier.local.name;
    if (specifier.type === 'ImportDefaultSpecifier') return [{ imported: 'default', local }];
    if (specifier.type === 'ImportNamespaceSpecifier') return [{ imported: '*', local }];
    const { imported } = specifier;
    return [{ imported: imported.type === 'Identifier' ? imported.name : imported.value, local }];
  });
}

/** The import that declares a local name. */
export function importOf(source: Source, local: string): { node: ImportDeclaration; imported: string } | null {
  for (const node of source.imports) {
    const binding = bindings(node).find((candidate) => candidate.local === local);
    if (binding) return { node, imported: binding.imported };
  }
  return null;
}

/** The name of the top-level function around a node: usually a component. */
export function componentAround(source: Source, node: Node): string | null {
  const statement = ancestors(source, node).findLast((ancestor) => source.parents.get(ancestor)?.type === 'Program');
  const declared =
    statement?.type === 'ExportNamedDeclaration' || statement?.type === 'ExportDefaultDeclaration'
      ? statement.declaration
      : statement;
  if (declared?.type === 'FunctionDeclaration') return declared.id?.name ?? null;
  if (declared?.type !== 'VariableDeclaration') return null;
  const [first] = declared.declarations;
  return first?.id.type === 'Identifier' ? first.id.name : null;
}

/** The name of an object's property; `null` if it is computed. */
export function keyOf(node: Node): string | null {
  if (node.type !== 'ObjectProperty' || node.computed) return null;
  if (node.key.type === 'Identifier') return node.key.name;
  return node.key.type === 'StringLiteral' ? node.key.value : null;
}

/** The names that a file exports; re-exports with `*` are not included. */
export function exportedNames(source: Source): string[] {
  return source.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration') return [];
    const { declaration } = node;
    const listed = node.specifiers.map(({ exported }) =>
      exported.type === 'Identifier' ? exported.name : exported.value,
    );
    if (declaration?.type === 'FunctionDeclaration' && declaration.id) return [...listed, declaration.id.name];
    if (declaration?.type !== 'VariableDeclaration') return listed;
    const names = declaration.declarations
      .map(({ id }) => id)
      .filter((id): id is Identifier => id.type === 'Identifier');
    return [...listed, ...names.map(({ name }) => name)];
  });
}
