import { later } from './bounded';
import { isoNow } from './clock';

/** How long the browser may take to read the file before its memory is freed. */
const REVOKE_AFTER_MS = 60_000;

/** Saves a file through the browser's download; `false` if the page cannot download or is not allowed to. */
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

/** The current time for a file name: without colons, which Windows refuses. */
export function timeForName(): string {
  return isoNow()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
}
