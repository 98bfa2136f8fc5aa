// Adds the plugin to Vite's configuration, which is edited but not executed.

import type { ArrayExpression, CallExpression, Node } from '@babel/types';

import { VITE } from './aliases';
import type { Checkout } from './checkout';
import * as edits from './edits';
import { hasDependency } from './manifest';
import type { Places } from './places';
import { styleOf } from './style';
import { ancestors, bindings, keyOf, type Source } from './syntax';

const MODULE = 'lotus-crypto-diag/vite';
const PLUGIN = 'cryptoDiagChunk';
const BY_HAND = `add ${PLUGIN}() of ${MODULE} to the plugins, so that the app starts sooner.`;

/** Returns what the host's developers have to do themselves. The app works without the plugin, too. */
export function addChunkPlugin(places: Places): string[] {
  const { checkout } = places;
  const path = configOf(checkout);
  if (path === null) {
    const hasVite = hasDependency(checkout.read('package.json') ?? '', 'vite');
    return hasVite ? [`Vite's configuration was not found: ${BY_HAND}`] : [];
  }
  if (checkout.read(path)?.includes(MODULE)) return [];
  const source = places.parsed(path);
  const plugins = source && pluginsOf(source);
  if (!plugins) return [`the list of plugins was not found in ${path}: ${BY_HAND}`];
  checkout.change(path, edits.addFirstItem(source, plugins, `${PLUGIN}()`));
  checkout.change(path, edits.addImport(places.source(path), PLUGIN, MODULE, styleOf(source)));
  return [];
}

/** Returns what the host's developers have to do themselves. */
export function removeChunkPlugin(places: Places): string[] {
  const { checkout } = places;
  const path = configOf(checkout);
  if (path === null || !checkout.read(path)?.includes(MODULE)) return [];
  const source = places.parsed(path);
  const calls = source && callsIn(source);
  // Used in another way, or in one that cannot be read: without its import, the configuration would throw.
  if (!calls || calls.length > 1 || calls.includes(null))
    return [`${path} uses ${MODULE} in a way of its own: take it out before the next build.`];
  const [call] = calls;
  if (call) checkout.change(path, edits.removeItem(source, call));
  checkout.change(
    path,
    edits.removeImport(places.source(path), (specifier) => specifier === MODULE),
  );
  return [];
}

const configOf = (checkout: Checkout): string | null => VITE.find((path) => checkout.read(path) !== null) ?? null;

/** The calls of the plugin; `null` in place of another use, and in place of the list if the plugin is not imported. */
function callsIn(source: Source): (CallExpression | null)[] | null {
  const imported = source.imports.find((node) => node.source.value === MODULE);
  if (!imported) return null;
  const names = bindings(imported).map(({ local }) => local);
  const isUse = (node: Node) =>
    node.type === 'Identifier' && names.includes(node.name) && !ancestors(source, node).includes(imported);
  return source.nodes.filter(isUse).map((name) => itemOf(source, name));
}

/** The call in `plugins: [name()]`; `null` if the name is used in another way. */
function itemOf(source: Source, name: Node): CallExpression | null {
  const call = source.parents.get(name);
  if (call?.type !== 'CallExpression' || call.callee !== name) return null;
  const isItem = source.parents.get(call)?.type === 'ArrayExpression' && call.extra?.['parenthesized'] !== true;
  return isItem ? call : null;
}

/** The list of plugins of the configuration that the module exports: not that of another tool, nor of a part of it. */
function pluginsOf(source: Source): ArrayExpression | null {
  const exported = source.body.find(({ type }) => type === 'ExportDefaultDeclaration');
  if (!exported) return null;
  const named = source.nodes.flatMap((node) =>
    node.type === 'Identifier' && ancestors(source, node).includes(exported) ? [node.name] : [],
  );
  const lists = source.nodes.flatMap((node) => {
    if (keyOf(node) !== 'plugins' || node.type !== 'ObjectProperty' || node.value.type !== 'ArrayExpression') return [];
    const around = ancestors(source, node);
    if (around.some(({ type }) => type === 'ObjectProperty' || type === 'ArrayExpression')) return [];
    const isExported = around.some(
      (ancestor) =>
        ancestor === exported ||
        ((ancestor.type === 'VariableDeclarator' || ancestor.type === 'FunctionDeclaration') &&
          ancestor.id?.type === 'Identifier' &&
          named.includes(ancestor.id.name)),
    );
    return isExported ? [node.value] : [];
  });
  return lists.length === 1 ? (lists[0] ?? null) : null;
}
