/**
 * What the browser writes in its own language. Some systems name none (`C`): the browser then throws "invalid language tag",
 * and English has to do.
 */
export function inLocale(write: (locale: string | undefined) => string): string {
  try {
    return write(undefined);
  } catch {
    return write('en');
  }
}
