// What users do with a client: rooms, messages, calls; and media keys, as a call sends them to each device.
import { EventType, type MatrixClient, type MatrixEvent, type Room } from 'matrix-js-sdk';

import type { Conversation, Line } from './client-page';

const MEDIA_KEY = 'io.element.call.encryption_keys';
// Element Call is given the same one.
const FOCUS = { type: 'livekit', livekit_service_url: 'http://127.0.0.1:4199/livekit/jwt', livekit_alias: 'lab' };

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function knownRoom(client: MatrixClient, roomId: string): Promise<Room> {
  // The room must arrive with a sync before the client knows that it is encrypted.
  for (;;) {
    const room = client.getRoom(roomId);
    if (room?.hasEncryptionStateEvent()) return room;
    await pause(50);
  }
}

async function lineOf(client: MatrixClient, event: MatrixEvent): Promise<Line> {
  await client.decryptEventIfNeeded(event);
  const eventId = event.getId() ?? '';
  if (event.isDecryptionFailure()) return { eventId, body: null };
  return { eventId, body: event.getContent()['body'] ?? null };
}

export function conversation(current: () => MatrixClient | undefined): Conversation {
  const client = () => {
    const mx = current();
    if (!mx) throw new Error('there is no client');
    return mx;
  };

  return {
    async createRoom(invite) {
      const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
      // Lets all members call: an ordinary member's power level suffices for announcing a call membership.
      const power = { events: { 'org.matrix.msc3401.call.member': 0 } };
      const { room_id: roomId } = await client().createRoom({
        invite,
        initial_state: [encryption],
        power_level_content_override: power,
      });
      await knownRoom(client(), roomId);
      return roomId;
    },
    async join(roomId) {
      await client().joinRoom(roomId);
      await knownRoom(client(), roomId);
    },
    async send(roomId, body) {
      const room = await knownRoom(client(), roomId);
      await room.loadMembersIfNeeded();
      return (await client().sendTextMessage(roomId, body)).event_id;
    },
    async read(roomId) {
      const events = (await knownRoom(client(), roomId)).getLiveTimeline().getEvents();
      const messages = events.filter((event) =>
        ([EventType.RoomMessage, EventType.RoomMessageEncrypted] as string[]).includes(event.getWireType()),
      );
      return Promise.all(messages.map((event) => lineOf(client(), event)));
    },
    async sendMediaKey(userId, deviceId, damaged = false) {
      const crypto = client().getCrypto();
      const keys = { index: 0, key: btoa('a key of sixteen') };
      const content = { keys, member: { claimed_device_id: client().getDeviceId() }, room_id: '!call:lab.local' };
      const batch = await crypto?.encryptToDeviceMessages(MEDIA_KEY, [{ userId, deviceId }], content);
      if (!batch?.batch.length) return false;
      for (const { payload } of damaged ? batch.batch : []) {
        for (const message of Object.values(payload['ciphertext'] as Record<string, { body: string }>)) {
          // An Olm message ends with its MAC: changing it makes the message invalid.
          const end = message.body.slice(-6, -4) === 'AA' ? 'BB' : 'AA';
          message.body = message.body.slice(0, -6) + end + message.body.slice(-4);
        }
      }
      await client().queueToDevice(batch);
      return true;
    },
    async joinCall(roomId, config) {
      const room = await knownRoom(client(), roomId);
      const session = client().matrixRTC.getRoomSession(room);
      const userId = client().getUserId() ?? '';
      const deviceId = client().getDeviceId() ?? '';
      session.joinRTCSession({ userId, deviceId, memberId: `${userId}:${deviceId}` }, [FOCUS], undefined, config);
    },
    async leaveCall(roomId) {
      const room = await knownRoom(client(), roomId);
      await client().matrixRTC.getRoomSession(room).leaveRoomSession(5000);
    },
  };
}
