// Adds the plugin to Vite's configuration, which is edited but not executed.

import type { ArrayExpression, CallExpression } from '@babel/types';

import { VITE } from './aliases';
import type { Checkout } from './checkout';
import * as edits from './edits';
import type { Places } from './places';
import { styleOf } from './style';
import { ancestors, keyOf, type Source } from './syntax';

const MODULE = 'lotus-crypto-diag/vite';
const PLUGIN = 'cryptoDiagChunk';

/** Returns what the host's developers have to do themselves: the app works without the plugin, only starts later. */
export function addChunkPlugin(places: Places): string[] {
  const { checkout } = places;
  const path = configOf(checkout);
  if (path === null || checkout.read(path)?.includes(MODULE)) return [];
  const source = places.parsed(path);
  const plugins = source && pluginsOf(source);
  // A CommonJS module has no imports to add to.
  if (!plugins || source.imports.length === 0)
    return [
      `the list of plugins was not found in ${path}: add ${PLUGIN}() of ${MODULE} to it, which makes the app start sooner.`,
    ];
  checkout.change(path, edits.addFirstItem(source, plugins, `${PLUGIN}()`, styleOf(source)));
  checkout.change(path, edits.addImport(places.source(path), PLUGIN, MODULE, styleOf(source)));
  return [];
}

export function removeChunkPlugin(places: Places): void {
  const { checkout } = places;
  const path = configOf(checkout);
  if (path === null || !checkout.read(path)?.includes(MODULE)) return;
  const source = places.source(path);
  const lists = source.nodes.filter((node): node is ArrayExpression => node.type === 'ArrayExpression');
  const items = lists.flatMap((list) => list.elements.filter(isPlugin).map((item) => ({ list, item })));
  const [found] = items;
  if (found) checkout.change(path, edits.removeItem(source, found.list, found.item));
  checkout.change(
    path,
    edits.removeImport(places.source(path), (specifier) => specifier === MODULE),
  );
}

const isPlugin = (node: ArrayExpression['elements'][number]): node is CallExpression =>
  node?.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === PLUGIN;

const configOf = (checkout: Checkout): string | null => VITE.find((path) => checkout.read(path) !== null) ?? null;

/** The only list named `plugins` that is in no other list or object: that of the configuration itself. */
function pluginsOf(source: Source): ArrayExpression | null {
  const lists = source.nodes.flatMap((node) => {
    if (keyOf(node) !== 'plugins' || node.type !== 'ObjectProperty' || node.value.type !== 'ArrayExpression') return [];
    const isNested = ancestors(source, node).some(
      ({ type }) => type === 'ObjectProperty' || type === 'ArrayExpression',
    );
    return isNested ? [] : [node.value];
  });
  return lists.length === 1 ? (lists[0] ?? null) : null;
}
