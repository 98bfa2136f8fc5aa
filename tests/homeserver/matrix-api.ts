// A person's requests to the homeserver without a client: what no client would send, or not so fast.
import { expect } from '@playwright/test';

import type { Account, DeviceId } from './client';

export type Session = Awaited<ReturnType<typeof connect>>;

/** Logs in; the device is never given keys. */
export async function connect(baseUrl: string, { userId: ownUserId, password }: Account) {
  const send = async (method: string, path: string, body: unknown, token?: string) => {
    const answer = await fetch(`${baseUrl}/_matrix/client/v3/${path}`, {
      method,
      body: JSON.stringify(body),
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    expect(answer.status, `${method} ${path}`).toBe(200);
    return answer.json();
  };
  const identifier = { type: 'm.id.user', user: ownUserId };
  const { access_token: token } = await send('POST', 'login', { type: 'm.login.password', identifier, password });
  const room = (roomId: string) => `rooms/${encodeURIComponent(roomId)}`;

  return {
    userId: ownUserId,
    /** Gives the id of the one-time key that the server handed out. */
    async claim({ userId, deviceId }: DeviceId): Promise<string> {
      const wanted = { one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } };
      const answer = await send('POST', 'keys/claim', wanted, token);
      return Object.keys(answer.one_time_keys[userId][deviceId])[0] ?? '';
    },
    /** Not encrypted; gives the room's id. */
    createRoom: async (invited: string) => (await send('POST', 'createRoom', { invite: [invited] }, token)).room_id,
    join: (roomId: string) => send('POST', `${room(roomId)}/join`, {}, token),
    /** Gives the event's id. */
    async sendEvent(roomId: string, type: string, content: unknown): Promise<string> {
      const path = `${room(roomId)}/send/${type}/${crypto.randomUUID()}`;
      return (await send('PUT', path, content, token)).event_id;
    },
    sendToDevice: ({ userId, deviceId }: DeviceId, type: string, content: unknown) =>
      send(
        'PUT',
        `sendToDevice/${type}/${crypto.randomUUID()}`,
        { messages: { [userId]: { [deviceId]: content } } },
        token,
      ),
    redact: (roomId: string, eventId: string) =>
      send('PUT', `${room(roomId)}/redact/${encodeURIComponent(eventId)}/${crypto.randomUUID()}`, {}, token),
  };
}
