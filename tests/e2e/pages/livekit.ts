// A call in one page: Bob sends Alice video. Rooms, workers and keys are LiveKit's; instead of its server, a plain peer
// connection links the two.
import type { LiveKitCall } from './livekit-page';

type LiveKit = typeof import('livekit-client');

export const ALICE = '@alice:lab.local:ALICEDEV';
export const BOB = '@bob:lab.local:BOBDEV';

export async function startCall(livekit: LiveKit, createWorker: () => Worker): Promise<LiveKitCall> {
  const { BaseKeyProvider, LocalVideoTrack, ParticipantEvent, RemoteParticipant, RemoteVideoTrack, Room, RoomEvent } =
    livekit;

  // Like Element Call's: one key ring for each participant.
  class Keys extends BaseKeyProvider {
    constructor() {
      super({ ratchetWindowSize: 10, keyringSize: 256 });
    }
    async set(participant: string, index: number, secret: string) {
      const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'HKDF', false, [
        'deriveBits',
        'deriveKey',
      ]);
      this.onSetEncryptionKey(material, participant, index);
    }
  }

  const join = (identity: string, of: string) => {
    const keys = new Keys();
    const room = new Room({ e2ee: { keyProvider: keys, worker: createWorker() } });
    room.localParticipant.identity = identity;
    if (identity !== of) room.remoteParticipants.set(of, new RemoteParticipant(room.engine.client, 'PA_bob', of));
    // Normally triggered by the server's list of publications.
    const { e2eeManager } = room as unknown as {
      e2eeManager: { setParticipantCryptorEnabled(on: boolean, of: string): void };
    };
    e2eeManager.setParticipantCryptorEnabled(true, of);
    return { keys, room };
  };
  const alice = join(ALICE, BOB);
  const bob = join(BOB, BOB);

  // LiveKit sets this too, to access the encoded streams of a connection.
  const configuration = { encodedInsertableStreams: true } as RTCConfiguration;
  const [from, to] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)];
  from.onicecandidate = ({ candidate }) => void to.addIceCandidate(candidate ?? undefined);
  to.onicecandidate = ({ candidate }) => void from.addIceCandidate(candidate ?? undefined);
  to.ontrack = ({ track, receiver }) => {
    const remote = new RemoteVideoTrack(track, 'TR_video', receiver);
    alice.room.emit(
      RoomEvent.TrackSubscribed,
      remote,
      { trackInfo: { mimeType: 'video/VP8' } } as never,
      alice.room.remoteParticipants.get(BOB) as never,
    );
    const video = document.createElement('video');
    video.muted = video.autoplay = true;
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
  };

  const canvas = document.createElement('canvas');
  const picture = canvas.getContext('2d');
  let hue = 0;
  setInterval(() => {
    hue += 10;
    if (!picture) return;
    picture.fillStyle = `hsl(${hue} 100% 50%)`;
    picture.fillRect(0, 0, canvas.width, canvas.height);
  }, 50);
  const [shown] = canvas.captureStream(20).getVideoTracks();
  if (!shown) throw new Error('there is no picture');
  const transceiver = from.addTransceiver(shown, { direction: 'sendonly' });
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'video/VP8'));
  bob.room.localParticipant.emit(
    ParticipantEvent.LocalSenderCreated,
    transceiver.sender,
    new LocalVideoTrack(shown, undefined, true),
  );
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription as RTCSessionDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription as RTCSessionDescription);

  return {
    version: livekit.version,
    setKey: (holder, index, secret) => (holder === 'alice' ? alice : bob).keys.set(BOB, index, secret),
    async pictures() {
      let decoded = 0;
      for (const report of (await to.getStats()).values())
        if (report.type === 'inbound-rtp') decoded += report.framesDecoded ?? 0;
      return decoded;
    },
  };
}
