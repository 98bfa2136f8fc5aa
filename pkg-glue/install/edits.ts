// The edits and their exact inverse. All other bytes of a file are unchanged.

import type { ArrayExpression, CallExpression, JSXElement, Node } from '@babel/types';
import MagicString from 'magic-string';

import type { Sibling } from './places';
import type { Style } from './style';
import {
  ancestors,
  elements,
  end,
  importOf,
  isElement,
  isInside,
  isJsx,
  nameOf,
  type Source,
  start,
  textOf,
} from './syntax';

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
const lineEnd = (text: string, at: number): number => {
  const next = text.indexOf('\n', at);
  if (next < 0) return text.length;
  return text[next - 1] === '\r' ? next - 1 : next;
};
const indentAt = (text: string, at: number): string => text.slice(lineStart(text, at)).match(/^[ \t]*/)?.[0] ?? '';
const startsLine = (text: string, at: number): boolean => /^[ \t]*$/.test(text.slice(lineStart(text, at), at));

const statement = (names: string | null, specifier: string, { quote, semicolon }: Style): string =>
  `import ${names ? `{ ${names} } from ` : ''}${quote}${specifier}${quote}${semicolon ? ';' : ''}`;

/** Adds an import as the first statement, after leading comments and directives. */
export function addFirstImport(source: Source, specifier: string, style: Style): string {
  const [first] = source.body;
  const at = first ? start(first) : source.text.length;
  return new MagicString(source.text).appendLeft(at, statement(null, specifier, style) + style.eol).toString();
}

/** Adds an import after the last one, on its own line; that of a package before those of the host's own files. */
export function addImport(source: Source, names: string, specifier: string, style: Style): string {
  const isOwn = (path: string) => path.startsWith('.');
  const last = source.imports.findLast((node) => isOwn(specifier) || !isOwn(node.source.value));
  const code = statement(names, specifier, style);
  const [first] = source.imports;
  if (!last && first) return new MagicString(source.text).appendLeft(start(first), code + style.eol).toString();
  if (!last) return new MagicString(source.text).prepend(code + style.eol).toString();
  return new MagicString(source.text).appendLeft(lineEnd(source.text, end(last)), style.eol + code).toString();
}

export function removeImport(
  source: Source,
  matches: (specifier: string, name: string | undefined) => boolean,
): string {
  const text = new MagicString(source.text);
  for (const node of source.imports) {
    if (!matches(node.source.value, node.specifiers[0]?.local.name)) continue;
    const isFirst = source.body[0] === node;
    const breakBefore = /\r?\n$/.exec(source.text.slice(0, start(node)))?.[0].length ?? 0;
    const breakAfter = /^\r?\n/.exec(source.text.slice(end(node)))?.[0].length ?? 0;
    if (isFirst) text.remove(start(node), end(node) + breakAfter);
    else text.remove(start(node) - breakBefore, end(node));
  }
  return text.toString();
}

/** Adds an item directly after the bracket of a list; if the list has a line for each item, on a line of its own. */
export function addFirstItem(source: Source, list: ArrayExpression, item: string): string {
  const at = start(list) + 1;
  const rest = source.text.slice(at, end(list) - 1);
  const [, line] = /^[ \t]*(\r?\n[ \t]*)\S/.exec(rest) ?? [];
  const gap = line === undefined ? ' ' : '';
  const code = rest.trim() === '' ? item : `${line ?? ''}${item},${gap}`;
  return new MagicString(source.text).appendLeft(at, code).toString();
}

/** Removes an item of a list, with its comma and its line. */
export function removeItem({ text }: Source, item: CallExpression): string {
  let [from, to] = [start(item), end(item)];
  const comma = /^\s*,/.exec(text.slice(to));
  if (comma) to += comma[0].length;
  const before = (comma ? /\r?\n[ \t]*$/ : /,\s*$/).exec(text.slice(0, from));
  if (before) from -= before[0].length;
  else if (comma) to += /^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0;
  return new MagicString(text).remove(from, to).toString();
}

/** Adds `<Name />` on the next line, under the same condition. */
export function addSibling({ source, after, condition }: Sibling, name: string, style: Style): string {
  const element = condition === null ? `<${name} />` : `{${condition} && <${name} />}`;
  const code = style.eol + indentAt(source.text, start(after)) + element;
  return new MagicString(source.text).appendLeft(end(after), code).toString();
}

/** Adds `<Name />` as the first child, on its own line. */
export function addFirstChild(source: Source, parent: JSXElement, name: string, style: Style): string {
  const { openingElement } = parent;
  const code = `${style.eol}${indentAt(source.text, start(parent))}${style.indent}<${name} />`;
  return new MagicString(source.text).appendLeft(end(openingElement), code).toString();
}

/** Removes `<Name />`, with its condition and the line break before it. */
export function removeElement(source: Source, name: string): string {
  const text = new MagicString(source.text);
  for (const element of elements(source, name)) {
    let node: Node = element;
    for (const ancestor of ancestors(source, element)) {
      if (isJsx(ancestor)) break;
      node = ancestor;
    }
    const before = /\r?\n[ \t]*$/.exec(source.text.slice(0, start(node)))?.[0].length ?? 0;
    text.remove(start(node) - before, end(node));
  }
  return text.toString();
}

/** Wraps an element in `<Name>`; if the element starts its own line, indents it by one step. */
export function wrap(source: Source, element: JSXElement, name: string, style: Style): string {
  const { text } = source;
  const edited = new MagicString(text);
  if (!startsLine(text, start(element))) {
    return edited.prependRight(start(element), `<${name}>`).appendLeft(end(element), `</${name}>`).toString();
  }
  const indent = indentAt(text, start(element));
  for (const at of innerLines(source, element)) edited.prependRight(at, style.indent);
  edited.prependRight(start(element), `<${name}>${style.eol}${indent}${style.indent}`);
  edited.appendLeft(end(element), `${style.eol}${indent}</${name}>`);
  return edited.toString();
}

export function unwrap(source: Source, name: string, style: Style): string {
  const [wrapper] = elements(source, name);
  const inner = wrapper?.children.find(isElement);
  if (!wrapper || !inner) return source.text;
  const edited = new MagicString(source.text);
  for (const at of innerLines(source, inner)) {
    if (source.text.startsWith(style.indent, at)) edited.remove(at, at + style.indent.length);
  }
  edited.remove(start(wrapper), start(inner)).remove(end(inner), end(wrapper));
  return edited.toString();
}

/** Offsets of the element's lines after the first that can be indented: neither empty nor inside a string. */
function innerLines(source: Source, element: JSXElement): number[] {
  const verbatim = source.nodes.filter(
    (node) => (node.type === 'TemplateLiteral' || node.type === 'StringLiteral') && isInside(node, element),
  );
  const found: number[] = [];
  for (let at = source.text.indexOf('\n', start(element)) + 1; at > 0 && at <= end(element); ) {
    const isEmpty = lineEnd(source.text, at) === at;
    if (!isEmpty && !verbatim.some((node) => start(node) < at && at <= end(node))) found.push(at);
    at = source.text.indexOf('\n', at) + 1;
  }
  return found;
}

/** Whether `<Name>` is used and imported. */
export const has = (source: Source, name: string): boolean =>
  importOf(source, name) !== null && source.nodes.some((node) => isElement(node) && nameOf(node) === name);

export const firstImport = (source: Source): string | null => {
  const [first] = source.imports;
  return first ? first.source.value : null;
};

export const tagOf = (source: Source, element: JSXElement): string => textOf(source, element.openingElement);
