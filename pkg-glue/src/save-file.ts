import { later } from './bounded';
import { isoNow } from './clock';

/** Time for the browser to take the file over; after that the memory is given back. */
const REVOKE_AFTER_MS = 60_000;

/** Saves a file by the browser's own download; `false` where the page has none, or forbids it. */
export function saveFile(name: string, content: string, type: string): boolean {
  try {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
    later(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
    return true;
  } catch {
    return false;
  }
}

/** Now, as a part of a file's name: without colons, which Windows refuses. */
export function timeForName(): string {
  return isoNow()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
}
