/** Time for the browser to take the file over; after that the memory is given back. */
const REVOKE_AFTER_MS = 60_000;

/** Lets the browser save a text. */
export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
