// Removes the entries that `npm install` adds to its lock file for the package, so that the file is as before even
// without another `npm install`. The package has no dependencies, so these entries are all.

import { removeProperties, SECTIONS } from './manifest';

export const LOCK_FILE = 'package-lock.json';

export function removeLocked(text: string, name: string): string {
  return removeProperties(text, LOCK_FILE, [
    ...SECTIONS.map((section) => ['packages', '', section, name]),
    ['packages', `node_modules/${name}`],
    // The old format, which lockfileVersion 2 contains beside the new one.
    ['dependencies', name],
  ]);
}
