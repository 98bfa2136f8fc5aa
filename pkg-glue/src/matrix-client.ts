/**
 * The parts of matrix-js-sdk's `MatrixClient` that are used, by shape: any version works. What is missing, throws or
 * returns something else becomes `null` in the report, with a note.
 */
export interface MatrixClientLike {
  getUserId?(): unknown;
  getDeviceId?(): unknown;
  getSyncState?(): unknown;
  getCrypto?(): unknown;
  fetchRoomEvent?(roomId: string, eventId: string): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's emitter accepts only its own event names.
  on?(event: any, listener: any): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off?(event: any, listener: any): unknown;
}

/** The SDK's `CryptoApi` in the requested shape; `undefined` or `null` before the encryption runs. */
export const cryptoOf = <Shape>(mx: MatrixClientLike) => mx.getCrypto?.() as Shape | null | undefined;
