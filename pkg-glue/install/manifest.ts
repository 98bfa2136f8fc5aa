// The dependency in the host's package.json, in its place among the others; the rest of the file stays as it is.

import { parseExpression } from '@babel/parser';
import type { ObjectExpression, ObjectProperty } from '@babel/types';
import MagicString from 'magic-string';

import { NotUnderstood } from './places';
import { end, start } from './syntax';

export function addDependency(text: string, name: string, version: string): string {
  const dependencies = dependenciesOf(text);
  const entry = `${JSON.stringify(name)}: ${JSON.stringify(version)}`;
  const edited = new MagicString(text);
  const present = dependencies.find((property) => keyOf(property) === name);
  if (present) return edited.update(start(present), end(present), entry).toString();
  const [first] = dependencies;
  if (!first) throw new NotUnderstood('package.json has no dependencies');
  const before = dependencies.findLast((property) => keyOf(property) < name);
  const gap = /\s*$/.exec(text.slice(0, start(first)))?.[0] ?? '';
  if (before) edited.appendLeft(end(before), `,${gap}${entry}`);
  else edited.appendLeft(start(first), `${entry},${gap}`);
  return edited.toString();
}

export function removeDependency(text: string, name: string): string {
  const dependencies = dependenciesOf(text);
  const index = dependencies.findIndex((property) => keyOf(property) === name);
  const present = dependencies[index];
  if (!present) return text;
  const [before, after] = [dependencies[index - 1], dependencies[index + 1]];
  const edited = new MagicString(text);
  if (before) edited.remove(end(before), end(present));
  else edited.remove(start(present), after ? start(after) : end(present));
  return edited.toString();
}

const keyOf = ({ key }: ObjectProperty): string => (key.type === 'StringLiteral' ? key.value : '');

const propertiesOf = (object: ObjectExpression): ObjectProperty[] =>
  object.properties.filter((property) => property.type === 'ObjectProperty');

function dependenciesOf(text: string): ObjectProperty[] {
  const manifest = parse(text);
  const dependencies = propertiesOf(manifest).find((property) => keyOf(property) === 'dependencies')?.value;
  return dependencies?.type === 'ObjectExpression' ? propertiesOf(dependencies) : [];
}

function parse(text: string): ObjectExpression {
  try {
    // JSON is an expression of the language, and this parser says where its parts are.
    const manifest = parseExpression(text);
    if (manifest.type === 'ObjectExpression') return manifest;
  } catch {
    // Said below.
  }
  throw new NotUnderstood('package.json cannot be parsed');
}
