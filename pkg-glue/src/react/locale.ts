/** Writes in the browser's language. If that is not valid (`C` on some systems), `Intl` throws: then in English. */
export function inLocale(write: (locale: string | undefined) => string): string {
  try {
    return write(undefined);
  } catch {
    return write('en');
  }
}
