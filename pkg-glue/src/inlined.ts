/** The bytes of an inlined file. The build writes it as base64, which passes through every minifier unharmed. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (base64: string) => Uint8Array<ArrayBuffer> };
  return fromBase64 ? fromBase64(base64) : Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}
