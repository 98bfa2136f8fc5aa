// What `npm install` adds to its lock file for the package, taken out again: the file is as it was, also before the next
// `npm install`. The package has no dependencies of its own, so it is these entries alone.

import { removeProperties, SECTIONS } from './manifest';

export const LOCK_FILE = 'package-lock.json';

export function removeLocked(text: string, name: string): string {
  return removeProperties(text, LOCK_FILE, [
    ...SECTIONS.map((section) => ['packages', '', section, name]),
    ['packages', `node_modules/${name}`],
    // The older form, which lockfileVersion 2 has beside the newer one.
    ['dependencies', name],
  ]);
}
