/** How long the browser may take to read the file before its memory is freed. */
const REVOKE_AFTER_MS = 60_000;

/** Saves a text through the browser's download. */
export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
