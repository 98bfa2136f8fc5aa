// What the scenarios do to clients and with them.
import { expect } from '@playwright/test';

import { type Device, type DeviceId, load, loadIdle, PLAIN, synced, uploadAccepted, withOneTimeKeys } from '../client';
import { homeserver, type KeyUpload, type Rule } from '../homeserver';
import type { Session } from '../matrix-api';

interface KeyUploads {
  uploads(): Promise<KeyUpload[]>;
}

/** Others claim the device's keys until it uploads new ones, whether accepted or refused. */
export async function provokeUpload(lab: KeyUploads, claimer: Session, device: DeviceId): Promise<void> {
  const count = async () => withOneTimeKeys(await lab.uploads()).length;
  const before = await count();
  await expect(async () => {
    for (let i = 0; i < 20; i++) await claimer.claim(device);
    expect(await count()).toBeGreaterThan(before);
    // The device may learn only after two long polls of 30 s how few keys are left: the first may return the count of
    // its start.
  }).toPass({ timeout: 90_000 });
}

/**
 * SDK 41.7 uploads fifty more after each message, up to the limit of a device, and whenever fewer than fifty are left.
 */
async function claimAllButFifty(claimer: Session, device: DeviceId): Promise<void> {
  const [stored] = await homeserver.query<{ keys: number }>(
    'SELECT count(*) AS keys FROM e2e_one_time_keys_json WHERE user_id = ? AND device_id = ?',
    device.userId,
    device.deviceId,
  );
  for (let keys = Number(stored?.keys); keys > 50; keys--) await claimer.claim(device);
}

/**
 * The device uploads keys, its store is copied, others claim so many keys that it uploads more, and the copy is
 * restored: then the server holds keys that this store does not know. Resolves to the number of uploads until then.
 */
export async function restoreOlderStore(
  lab: KeyUploads,
  { page, ...device }: Device,
  claimer: Session,
  onRestored = () => {},
): Promise<number> {
  await claimAllButFifty(claimer, device);
  // A reload from the sync store uploads a second set, so that nothing is left to upload when the copy is made.
  await load(page);
  await synced(page);
  await uploadAccepted(page, lab);
  await loadIdle(page);
  await page.evaluate(() => window.lab.copyStore());

  await load(page);
  await synced(page);
  const alreadyUploaded = withOneTimeKeys(await lab.uploads()).length;
  const uploaded = async () =>
    withOneTimeKeys(await lab.uploads())
      .slice(alreadyUploaded)
      .at(-1)?.status === 200;
  await claimAllButFifty(claimer, device);
  // Few at a time, with time for the device to answer: claiming on would also take the new keys, and nothing would be
  // left to collide with.
  await expect(async () => {
    for (let i = 0; i < 10; i++) await claimer.claim(device);
    await expect.poll(uploaded, { timeout: 4000 }).toBe(true);
  }).toPass({ timeout: 60_000 });
  await loadIdle(page);
  await page.evaluate(() => window.lab.putStoreBack());
  onRestored();
  // Leaves one key missing, so that the client uploads with its first sync. Claimed later, the server might hand out
  // the very key that collides.
  await claimer.claim(device);
  const before = (await lab.uploads()).length;
  await load(page);
  return before;
}

/**
 * Lets two tabs work on one crypto store: both make keys under the same ids. The homeserver accepts the keys of one tab and
 * refuses those of the other, again and again. Returns their uploads.
 */
export async function collide(lab: KeyUploads, { page, ...device }: Device, claimer: Session): Promise<KeyUpload[]> {
  const own = withOneTimeKeys(await lab.uploads()).at(-1)?.user;
  const uploads = async () =>
    withOneTimeKeys(await lab.uploads()).filter(({ user, status }) => user === own && status > 0);
  // The store is there before the tabs. With the package, its breaker would hold back the uploads.
  await load(page, PLAIN);
  await synced(page);
  const second = await page.context().newPage();
  await load(second, PLAIN);
  await synced(second);
  await claimAllButFifty(claimer, device);
  await expect(async () => {
    // A change of account data ends both tabs' long polls, so both learn at once that keys are missing.
    await claimer.claim(device);
    await second.evaluate(() =>
      window.lab.client?.setAccountData('org.example.wake' as never, { at: Date.now() } as never),
    );
    const statuses = (await uploads()).map(({ status }) => status);
    const alternations = statuses.filter((status, nth) => status === 400 && statuses[nth - 1] === 200);
    expect(alternations.length).toBeGreaterThan(4);
  }).toPass({ timeout: 90_000, intervals: [2000] });
  const answered = await uploads();
  for (const tab of [page, second]) await loadIdle(tab);
  return answered;
}

/** Puts the two into an encrypted room, as in a call. */
export async function createSharedRoom(sender: Device, receiver: Device): Promise<string> {
  const roomId = await sender.page.evaluate((id) => window.lab.createRoom([id]), receiver.userId);
  await receiver.page.evaluate((id) => window.lab.join(id), roomId);
  return roomId;
}

export function sendMediaKey({ page }: Device, { userId, deviceId }: Device, damaged = false): Promise<boolean> {
  const send = [userId, deviceId, damaged] as const;
  return page.evaluate(([user, device, bad]) => window.lab.sendMediaKey(user, device, bad), send);
}

const MEGOLM = { algorithm: 'm.megolm.v1.aes-sha2', sender_key: 'AAAA', device_id: 'D', session_id: 'AAAA' };

/** The content that is sent, and what the report must say about it. */
export const MALFORMED = [
  [{ ciphertext: 'AwgA' }, 'missing-field', /missing field `algorithm`/],
  [{ algorithm: 'org.example.rot13', ciphertext: 'Uryyb' }, 'unsupported-algorithm', /unsupported algorithm/],
  [{ ...MEGOLM, ciphertext: '!not base64!' }, 'bad-base64', /wasn't valid base64/],
] as const;

export const CALL = {
  delayedLeaveEventDelayMs: 12_000,
  delayedLeaveEventRestartMs: 1000,
  delayedLeaveEventRestartLocalTimeoutMs: 2500,
  networkErrorRetryMs: 500,
};

const RESTART = { method: 'POST', path: '/delayed_events/' };

/** Faults of the requests that keep a member in a call. */
export const CALL_TROUBLE: Record<string, Rule> = {
  'slower than the client waits': { ...RESTART, fault: { kind: 'delay', ms: 5000 } },
  'as slow as everything else': { path: '', fault: { kind: 'delay', ms: 3000 } },
  'answered with 504': {
    ...RESTART,
    fault: { kind: 'status', status: 504, body: '<html>504 Gateway Time-out</html>' },
  },
  dropped: { ...RESTART, fault: { kind: 'drop' } },
};

/** Asserts that the reader can read the writer's message at the first attempt. */
export async function expectMessageRead(writer: Device, reader: Device, roomId: string, body: string): Promise<void> {
  await writer.page.evaluate(([id, text]) => window.lab.send(id, text), [roomId, body] as const);
  const lines = () => reader.page.evaluate((id) => window.lab.read(id), roomId);
  await expect.poll(async () => (await lines()).map((line) => line.body), { timeout: 30_000 }).toContain(body);
}
