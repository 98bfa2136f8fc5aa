// The dependency in the host's package.json, sorted among the others; all other bytes are unchanged.

import { parseExpression } from '@babel/parser';
import type { ObjectExpression, ObjectProperty } from '@babel/types';
import MagicString from 'magic-string';

import { NotUnderstood } from './places';
import { end, start } from './syntax';

/** The sections of a package.json from which npm installs. */
export const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies'];

export const hasDependency = (text: string, name: string): boolean => entriesFor(text, name).length > 0;

/** Updates an existing entry in place. */
export function addDependency(text: string, name: string, version: string): string {
  const dependencies = dependenciesOf(text);
  const entry = `${JSON.stringify(name)}: ${JSON.stringify(version)}`;
  const edited = new MagicString(text);
  const [existing] = entriesFor(text, name);
  if (existing) return edited.update(start(existing), end(existing), entry).toString();
  const [first] = dependencies;
  if (!first) throw new NotUnderstood('package.json has no dependencies');
  const before = dependencies.findLast((property) => keyOf(property) < name);
  const gap = /\s*$/.exec(text.slice(0, start(first)))?.[0] ?? '';
  if (before) edited.appendLeft(end(before), `,${gap}${entry}`);
  else edited.appendLeft(start(first), `${entry},${gap}`);
  return edited.toString();
}

export const removeDependency = (text: string, name: string): string =>
  removeProperties(
    text,
    'package.json',
    SECTIONS.map((section) => [section, name]),
  );

/** Removes properties, each named by its path from the top. A path that does not exist is ignored. */
export function removeProperties(text: string, file: string, paths: string[][]): string {
  const top = parse(text, file);
  const edited = new MagicString(text);
  for (const path of paths) {
    const properties = propertiesAt(top, path.slice(0, -1));
    const index = properties.findIndex((property) => keyOf(property) === path.at(-1));
    const existing = properties[index];
    if (!existing) continue;
    const [before, after] = [properties[index - 1], properties[index + 1]];
    if (before) edited.remove(end(before), end(existing));
    else edited.remove(start(existing), after ? start(after) : end(existing));
  }
  return edited.toString();
}

const keyOf = ({ key }: ObjectProperty): string => (key.type === 'StringLiteral' ? key.value : '');

const propertiesOf = (object: ObjectExpression): ObjectProperty[] =>
  object.properties.filter((property) => property.type === 'ObjectProperty');

function entriesFor(text: string, name: string): ObjectProperty[] {
  const top = parse(text, 'package.json');
  return SECTIONS.flatMap((section) => propertiesAt(top, [section])).filter((property) => keyOf(property) === name);
}

const dependenciesOf = (text: string): ObjectProperty[] => propertiesAt(parse(text, 'package.json'), ['dependencies']);

function propertiesAt(top: ObjectExpression, path: string[]): ObjectProperty[] {
  let properties = propertiesOf(top);
  for (const name of path) {
    const value = properties.find((property) => keyOf(property) === name)?.value;
    properties = value?.type === 'ObjectExpression' ? propertiesOf(value) : [];
  }
  return properties;
}

function parse(text: string, file: string): ObjectExpression {
  try {
    // JSON is a JavaScript expression, and this parser gives positions.
    const manifest = parseExpression(text);
    if (manifest.type === 'ObjectExpression') return manifest;
  } catch {
    // Handled below.
  }
  throw new NotUnderstood(`${file} cannot be parsed`);
}
