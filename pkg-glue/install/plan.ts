// What there is to do, as changes of the checkout that are not written yet.

import type { Checkout } from './checkout';
import { specifierOf } from './checkout';
import { type Feature, featureOf, NAMES } from './components';
import * as edits from './edits';
import { addDependency, removeDependency } from './manifest';
import { NotUnderstood, Places } from './places';
import { styleOf } from './style';
import { importOf, type Source } from './syntax';

const PACKAGE = 'lotus-crypto-diag';
const AUTO = `${PACKAGE}/auto`;

/** Changes nothing where everything is in its place. Throws `NotUnderstood`. */
export function planInstall(checkout: Checkout, version: string): void {
  const places = new Places(checkout);
  const manifest = checkout.read('package.json');
  if (manifest === null) throw new NotUnderstood('there is no package.json');
  const feature = featureOf(places);

  // A file that somebody has made their own since stays theirs.
  for (const [path, text] of feature.files) if (checkout.read(path) === null) checkout.change(path, text);

  addAuto(places);
  const { source, card } = places.accessTokenCard();
  if (!isUsed(places, NAMES.card)) {
    const sibling = places.after(source, card);
    const { path } = sibling.source;
    checkout.change(path, edits.addSibling(sibling, NAMES.card, styleOf(sibling.source)));
    importFeature(places, path, NAMES.card, feature);
  }

  const root = places.clientRoot();
  if (!isUsed(places, NAMES.recovery)) {
    const { path } = root.source;
    const provider = places.provider(root.source);
    checkout.change(path, edits.addFirstChild(root.source, provider, NAMES.recovery, styleOf(root.source)));
    importFeature(places, path, NAMES.recovery, feature);
  }
  if (!isUsed(places, NAMES.gate)) {
    const { source: user, element } = places.userOf(root.component, root.source.path);
    checkout.change(user.path, edits.wrap(user, element, NAMES.gate, styleOf(user)));
    importFeature(places, user.path, NAMES.gate, feature);
  }

  // A version that was chosen before stays, where none is given now.
  if (!manifest.includes(`"${PACKAGE}"`)) checkout.change('package.json', addDependency(manifest, PACKAGE, version));
}

/** Takes out what was put in, also where the files have changed since. Returns the files that somebody has changed. */
export function planUninstall(checkout: Checkout, version: string): string[] {
  const places = new Places(checkout);
  const ours = (specifier: string) => /(^|\/)crypto-diagnostics$/.test(specifier);
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
      if (!ours(importOf(source, name)?.node.source.value ?? '')) continue;
      const isGate = name === NAMES.gate;
      source = change(source, isGate ? edits.unwrap(source, name, styleOf(source)) : edits.removeElement(source, name));
    }
    change(
      source,
      edits.removeImport(source, (specifier) => specifier === AUTO || ours(specifier)),
    );
  }
  const manifest = checkout.read('package.json');
  if (manifest !== null) checkout.change('package.json', removeDependency(manifest, PACKAGE));

  const written = new Map(added.map((path) => [path, checkout.read(path)]));
  for (const path of added) checkout.change(path, null);
  const fork = checkout.fork();
  try {
    planInstall(fork, version);
  } catch {
    // Not understood any more: then nothing tells what was changed from what was added.
  }
  return added.filter((path) => written.get(path) !== fork.read(path));
}

function addAuto(places: Places): void {
  const { checkout } = places;
  let entry = places.entry();
  if (edits.firstImport(entry) === AUTO) return;
  // It may have slipped down: what is imported before it would not be seen.
  checkout.change(
    entry.path,
    edits.removeImport(entry, (specifier) => specifier === AUTO),
  );
  entry = places.source(entry.path);
  checkout.change(entry.path, edits.addFirstImport(entry, AUTO, styleOf(entry)));
}

function importFeature(places: Places, path: string, name: string, { folder }: Feature): void {
  const source = places.source(path);
  const specifier = specifierOf(path, `${folder}/index.ts`);
  places.checkout.change(path, edits.addImport(source, name, specifier, styleOf(source)));
}

/** Whether a component is in the app already, wherever somebody has put it. */
function isUsed(places: Places, name: string): boolean {
  return places.checkout
    .sources()
    .filter((path) => places.checkout.read(path)?.includes(`<${name}`))
    .some((path) => edits.has(places.source(path), name));
}
