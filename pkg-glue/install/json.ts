// JSON as in tools' configuration files: with comments and trailing commas.

import { parseExpression } from '@babel/parser';
import type { Node } from '@babel/types';

/** The parsed value; `undefined` if the text is missing or cannot be parsed. */
export function readJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return readValue(parseExpression(text.replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}

function readValue(node: Node | null): unknown {
  switch (node?.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
      return node.value;
    case 'ArrayExpression':
      return node.elements.map(readValue);
    case 'ObjectExpression':
      return Object.fromEntries(
        node.properties.flatMap((property) => {
          if (property.type !== 'ObjectProperty') return [];
          const { key } = property;
          const name = key.type === 'StringLiteral' ? key.value : key.type === 'Identifier' ? key.name : null;
          return name === null ? [] : [[name, readValue(property.value)]];
        }),
      );
    default:
      return null;
  }
}

/** A field of an object; `undefined` if the value is not an object. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

export const isText = (value: unknown): value is string => typeof value === 'string';
