/**
 * What is used of matrix-js-sdk's `MatrixClient`, by shape: any version will do. What is missing, throws or returns
 * something else becomes `null` in the report, with a note.
 */
export interface MatrixClientLike {
  getUserId?(): unknown;
  getDeviceId?(): unknown;
  getSyncState?(): unknown;
  getCrypto?(): unknown;
  fetchRoomEvent?(roomId: string, eventId: string): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's emitter knows its own events only.
  on?(event: any, listener: any): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off?(event: any, listener: any): unknown;
}

/** The SDK's `CryptoApi`, by the shape that is asked for; nothing before the encryption runs. */
export const cryptoOf = <Shape>(mx: MatrixClientLike) => mx.getCrypto?.() as Shape | null | undefined;
