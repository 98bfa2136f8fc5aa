import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk';
import { useEffect, useReducer } from 'react';

import { useMatrixClient } from '../../hooks/useMatrixClient';

export type Message = { id: string; sender: string; body: string };

const toMessage = (event: MatrixEvent): Message => ({
  id: event.getId() ?? '',
  sender: event.getSender() ?? '',
  body: event.isDecryptionFailure() ? 'Unable to decrypt' : String(event.getContent().body ?? 'Decrypting…'),
});

/** The messages of a room that have arrived so far. */
export function useTimeline(roomId: string): Message[] {
  const mx = useMatrixClient();
  const [, update] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    mx.on(RoomEvent.Timeline, update);
    mx.on(RoomEvent.LocalEchoUpdated, update);
    mx.on(MatrixEventEvent.Decrypted, update);
    return () => {
      mx.removeListener(RoomEvent.Timeline, update);
      mx.removeListener(RoomEvent.LocalEchoUpdated, update);
      mx.removeListener(MatrixEventEvent.Decrypted, update);
    };
  }, [mx]);

  const events = mx.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
  return events.filter((event) => /^m\.room\.(message|encrypted)$/.test(event.getType())).map(toMessage);
}
