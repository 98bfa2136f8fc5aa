/**
 * The bytes of an inlined file: each is the code of a character. By way of base64, which the browser writes and reads
 * itself: at boot, where nothing is compiled yet, a loop over as many characters takes longer than all the rest.
 */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  try {
    if (fromBase64) return fromBase64.call(Uint8Array, btoa(text));
  } catch {
    // The page has put something else in their places.
  }
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
