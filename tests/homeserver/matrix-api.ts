// Requests to the homeserver without a client: what no client would send, or not so fast.
import { expect } from '@playwright/test';

import type { Account, DeviceId } from './client';

export type Session = Awaited<ReturnType<typeof connect>>;

/** Logs in; the device never gets keys. */
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
  const { access_token: token, device_id: deviceId } = await send('POST', 'login', {
    type: 'm.login.password',
    identifier,
    password,
  });
  const room = (roomId: string) => `rooms/${encodeURIComponent(roomId)}`;

  return {
    userId: ownUserId,
    deviceId: deviceId as string,
    /** Uploads random one-time keys with these numbers; resolves to the status. */
    async upload(from: number, count: number): Promise<number> {
      const key = () =>
        Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
          .toString('base64')
          .slice(0, 43);
      const signed = () => ({
        key: key(),
        signatures: { [ownUserId]: { [`ed25519:${deviceId}`]: `${key()}${key()}` } },
      });
      const id = (nth: number) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64BE(BigInt(from + nth));
        return `signed_curve25519:${bytes.toString('base64').replace(/=+$/, '')}`;
      };
      const keys = Object.fromEntries(Array.from({ length: count }, (_, nth) => [id(nth), signed()]));
      const answer = await fetch(`${baseUrl}/_matrix/client/v3/keys/upload`, {
        method: 'POST',
        body: JSON.stringify({ one_time_keys: keys }),
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.status;
    },
    /** Resolves to the id of the one-time key that the server handed out. */
    async claim({ userId, deviceId }: DeviceId): Promise<string> {
      const wanted = { one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } };
      const answer = await send('POST', 'keys/claim', wanted, token);
      return Object.keys(answer.one_time_keys[userId][deviceId])[0] ?? '';
    },
    /** An unencrypted room; resolves to the room's id. */
    createRoom: async (invited: string) => (await send('POST', 'createRoom', { invite: [invited] }, token)).room_id,
    join: (roomId: string) => send('POST', `${room(roomId)}/join`, {}, token),
    /** Resolves to the event's id. */
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
