// Plans install and uninstall as buffered changes of the checkout.

import { addChunkPlugin, removeChunkPlugin } from './bundler';
import type { Checkout } from './checkout';
import { specifierOf } from './checkout';
import { type Component, componentsFor, removeComponent, writeComponent } from './components';
import * as edits from './edits';
import { refreshExtras } from './extras';
import { LOCK_FILE, removeLocked } from './lock';
import { addDependency, hasDependency, removeDependency } from './manifest';
import { NAMES } from './names';
import { NotUnderstood, PARTS, type Part, Places } from './places';
import { styleOf } from './style';
import { importOf, type Source } from './syntax';

const PACKAGE = 'lotus-crypto-diag';
const AUTO = `${PACKAGE}/auto`;

export const ALL_PARTS: ReadonlySet<Part> = new Set(PARTS);

/** Whether the host's package.json already names the package, with a version or tarball of the host's choice. */
export function isDependency(checkout: Checkout): boolean {
  const manifest = checkout.read('package.json');
  return manifest !== null && hasDependency(manifest, PACKAGE);
}

/**
 * Changes nothing if everything is installed already. Returns what the host's developers have to do themselves. Throws
 * `NotUnderstood` with the parts for which it finds no place.
 */
export function planInstall(checkout: Checkout, version: string | null, parts = ALL_PARTS): string[] {
  const places = new Places(checkout);
  const manifest = checkout.read('package.json');
  if (manifest === null) throw new NotUnderstood('there is no package.json');
  // Without a version, an earlier entry stays.
  if (version !== null) checkout.change('package.json', addDependency(manifest, PACKAGE, version));
  addAuto(places);

  const missing: NotUnderstood[] = [];
  for (const component of componentsFor(parts, isUsed(places, NAMES.recovery))) {
    try {
      addComponent(places, component);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      missing.push(new NotUnderstood(error.message, component === 'watch' ? ['gate'] : [component]));
    }
  }
  if (missing.length === 0) {
    const notes = [storeNote, watchNote, sessionNote, logoutNote].flatMap((noteOn) => noteOn(places, parts));
    return [...notes, ...addChunkPlugin(places)];
  }
  const messages = new Set(missing.map(({ message }) => message));
  throw new NotUnderstood([...messages].join('\n'), [...new Set(missing.flatMap((error) => error.parts))]);
}

function sessionNote(places: Places, parts: ReadonlySet<Part>): string[] {
  if (!parts.has('gate')) return [];
  const session = places.session(places.clientRoot());
  if (session?.removal) return [];
  if (session)
    return [
      `no function that drops the stored session was found in ${session.path}: put a CryptoStoreGate around the children in ${NAMES.gate}, with one that logs out as \`onSignOut\`. Without it, a client whose crypto store the browser deleted starts with a blank one.`,
    ];
  return [
    `no function that returns the stored session was found: pass \`name\` and \`readName\` to the TabGate in ${NAMES.gate}. Without them, a tab that waits goes on with a session that another tab has logged out.`,
  ];
}

function logoutNote(places: Places, parts: ReadonlySet<Part>): string[] {
  if (!parts.has('recovery')) return [];
  const { initMatrix } = places.clientRoot();
  if (places.parametersOf(initMatrix, 'logoutClient') < 2) return [];
  return [
    `logoutClient of ${initMatrix} takes more than the client: ${NAMES.recovery} calls it with the client alone. Look whether that clears the session's own stores.`,
  ];
}

function storeNote(places: Places, parts: ReadonlySet<Part>): string[] {
  if (!parts.has('gate') && !parts.has('recovery')) return [];
  const { initMatrix } = places.clientRoot();
  if (places.storeOptions(initMatrix) !== null) return [];
  const component = NAMES[isUsed(places, NAMES.recovery) ? 'recovery' : 'watch'];
  return [
    `${initMatrix} names the crypto store at run time: ${component} has a line for checkCryptoStore() with that name.`,
  ];
}

function watchNote(places: Places, parts: ReadonlySet<Part>): string[] {
  const changed = parts.has('recovery') ? removeComponent(places, 'watch') : null;
  if (changed === null) return [];
  return [`${changed} was changed, and ${NAMES.recovery} is used in its place: the change may belong there.`];
}

function addComponent(places: Places, component: Component): void {
  const { checkout } = places;
  const { folder } = writeComponent(places, component);
  const name = NAMES[component];
  if (component === 'recovery') replaceWatch(places);
  if (isUsed(places, name)) return;
  const path = insertElement(places, component);
  const source = places.source(path);
  const specifier = specifierOf(path, `${folder}/index.ts`);
  checkout.change(path, edits.addImport(source, name, specifier, styleOf(source)));
}

/** The recovery does everything the watch did, in the same place. */
function replaceWatch(places: Places): void {
  const { checkout } = places;
  const { watch, recovery } = NAMES;
  for (const path of filesUsing(places, watch)) {
    const source = places.source(path);
    if (!isOurs(importOf(source, watch)?.node.source.value ?? '')) continue;
    if (!isUsed(places, recovery)) {
      checkout.change(path, source.text.replace(new RegExp(`\\b${watch}\\b`, 'g'), recovery));
      continue;
    }
    checkout.change(path, edits.removeElement(source, watch));
    checkout.change(
      path,
      edits.removeImport(places.source(path), (specifier, name) => isOurs(specifier) && name === watch),
    );
  }
}

/** Inserts an element and returns the path of the changed file. */
function insertElement(places: Places, component: Component): string {
  const { checkout } = places;
  const name = NAMES[component];
  if (component === 'card') {
    const { source, card } = places.accessTokenCard();
    const sibling = places.after(source, card);
    checkout.change(sibling.source.path, edits.addSibling(sibling, name, styleOf(sibling.source)));
    return sibling.source.path;
  }
  const root = places.clientRoot();
  const style = styleOf(root.source);
  if (component === 'gate') {
    const { source: user, element } = places.usageOf(root.component, root.source.path);
    checkout.change(user.path, edits.wrap(user, element, name, styleOf(user)));
    return user.path;
  }
  checkout.change(root.source.path, edits.addFirstChild(root.source, places.provider(root.source), name, style));
  return root.source.path;
}

/**
 * Removes what was installed, even from files that have changed since. Returns the added files that were changed, and
 * what the host's developers have to do themselves.
 */
export function planUninstall(checkout: Checkout): { modifiedFiles: string[]; notes: string[] } {
  const places = new Places(checkout);
  const change = (source: Source, text: string) => {
    checkout.change(source.path, text);
    return places.source(source.path);
  };

  const added = checkout.sources().filter((path) => path.includes('/features/crypto-diagnostics/'));
  for (const path of checkout.sources()) {
    const text = checkout.read(path) ?? '';
    const names = Object.values(NAMES).filter((name) => text.includes(name));
    if (added.includes(path) || (names.length === 0 && !text.includes(AUTO))) continue;
    let source = places.source(path);
    for (const name of names) {
      if (!isOurs(importOf(source, name)?.node.source.value ?? '')) continue;
      const isGate = name === NAMES.gate;
      source = change(source, isGate ? edits.unwrap(source, name, styleOf(source)) : edits.removeElement(source, name));
    }
    change(
      source,
      edits.removeImport(source, (specifier) => specifier === AUTO || isOurs(specifier)),
    );
  }
  const notes = removeChunkPlugin(places);
  const manifest = checkout.read('package.json');
  if (manifest !== null) checkout.change('package.json', removeDependency(manifest, PACKAGE));
  const lock = checkout.read(LOCK_FILE);
  if (lock !== null) checkout.change(LOCK_FILE, removeLocked(lock, PACKAGE));

  const written = new Map(added.map((path) => [path, checkout.read(path)]));
  for (const path of added) checkout.change(path, null);
  const fork = checkout.fork();
  const installedParts = PARTS.filter((part) => added.some((path) => path.endsWith(`/${NAMES[part]}.tsx`)));
  try {
    planInstall(fork, null, new Set(installedParts));
  } catch {
    // The checkout has an unknown structure: the added files cannot be compared and count as changed.
  }
  const modifiedFiles = added.filter((path) => {
    const [text, now] = [written.get(path) ?? '', fork.read(path) ?? ''];
    return refreshExtras(text, now) !== now;
  });
  return { modifiedFiles, notes };
}

function addAuto(places: Places): void {
  const { checkout } = places;
  let entry = places.entry();
  if (edits.firstImport(entry) === AUTO) return;
  // The import may no longer be the first: lines logged by modules imported before it would not be captured.
  checkout.change(
    entry.path,
    edits.removeImport(entry, (specifier) => specifier === AUTO),
  );
  entry = places.source(entry.path);
  checkout.change(entry.path, edits.addFirstImport(entry, AUTO, styleOf(entry)));
}

/** Whether the app already uses a component, wherever it is. */
const isUsed = (places: Places, name: string): boolean => filesUsing(places, name).length > 0;

const filesUsing = (places: Places, name: string): string[] =>
  places.checkout
    .sources()
    .filter((path) => places.checkout.read(path)?.includes(`<${name}`))
    .filter((path) => edits.has(places.source(path), name));

/** Whether an import refers to the folder of the added components. */
const isOurs = (specifier: string): boolean => /(^|\/)crypto-diagnostics$/.test(specifier);
