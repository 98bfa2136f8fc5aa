// The recorded sessions. They expect nothing of what the client logs: the recordings are to find that out.
import { setTimeout as sleep } from 'node:timers/promises';

import { CLIENT, type Device, evict, load, login, withOneTimeKeys } from '../client';
import { expect } from '../lab';
import { connect } from '../matrix-api';
import { createSharedRoom, MALFORMED, restoreOlderStore, sendMediaKey } from '../scenarios/actions';
import type { Play, Session } from './session';

const STORM_MS = 60_000;

/** Another user writes in a room of the device, so that it syncs all the time. */
async function storm({ other }: Session, { page, userId }: Device): Promise<void> {
  const writer = await other();
  const roomId = await writer.createRoom(userId);
  await page.evaluate((id) => window.lab.client?.joinRoom(id), roomId);
  const end = Date.now() + STORM_MS;
  for (let sent = 0; Date.now() < end; sent++) {
    await writer.sendEvent(roomId, 'm.room.message', { msgtype: 'm.text', body: `${sent}` });
    await sleep(500);
  }
}

export const SESSIONS: Record<string, Play> = {
  async healthy({ open, chapter }) {
    chapter('logged in');
    const [alice, bob] = [await open(), await open()];
    chapter('in a conversation');
    const roomId = await createSharedRoom(alice, bob);
    for (const device of [alice, bob, alice, bob]) {
      await device.page.evaluate((id) => window.lab.send(id, 'hello'), roomId);
      await sendMediaKey(device, device === alice ? bob : alice);
      await load(device.page);
    }
    await sleep(10_000);
  },
  async 'healthy-lostresponse'({ lab, open }) {
    await lab.setRules([{ method: 'POST', path: '/keys/upload$', times: 1, fault: { kind: 'swallow' } }]);
    await open();
    await expect.poll(async () => withOneTimeKeys(await lab.uploads())[1]?.status, { timeout: 40_000 }).toBe(200);
  },
  async 'healthy-newdevice'({ lab, open }) {
    const account = await lab.register('alice');
    const { page } = await open(account);
    const roomId = await page.evaluate(() => window.lab.createRoom([]));
    for (let i = 0; i < 16; i++) await page.evaluate((id) => window.lab.send(id, 'before'), roomId);
    const second = await open(account);
    await second.page.evaluate((id) => window.lab.read(id), roomId);
    await sleep(5000);
  },
  async 'ke1-evict-crypto'(session) {
    const device = await session.open();
    await evict(device.page);
    session.chapter('evicted');
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-evict-all'(session) {
    const device = await session.open();
    await device.page.goto(`${CLIENT}?idle`);
    await device.page.evaluate(async () =>
      window.lab.deleteDatabases((await indexedDB.databases()).flatMap(({ name = '' }) => [name])),
    );
    session.chapter('evicted');
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-evict-live'(session) {
    const device = await session.open();
    session.chapter('evicted under the page');
    // As the browser does: closes the page's connections and deletes the databases.
    const cdp = await device.page.context().newCDPSession(device.page);
    await cdp.send('Storage.clearDataForOrigin', { origin: 'http://127.0.0.1:4199', storageTypes: 'indexeddb' });
    await sleep(15_000);
    session.chapter('loaded again');
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-restore'(session) {
    const device = await session.open();
    const claimer = await session.other();
    await restoreOlderStore(session.lab, device, claimer, () => session.chapter('restored'));
    await claimer.claim(device);
    await storm(session, device);
  },
  async 'ke1-multitab'(session) {
    const device = await session.open();
    const claimer = await session.other();
    for (const tabs of [2, 4]) {
      session.chapter(`${tabs} tabs`);
      while (device.page.context().pages().length < tabs) {
        const tab = await device.page.context().newPage();
        // A tab that starts while another one does may fail to start: that is recorded, too.
        await load(tab).catch(() => {});
      }
      // One key at a time: with the same sync, every tab learns that a key is missing and uploads a replacement.
      for (let round = 0; round < 10 && !session.hasLogged('already exists'); round++) {
        await claimer.claim(device);
        await sleep(2500);
      }
    }
    session.chapter('in use');
    await storm(session, device);
  },
  async 'ke1-freshrace'({ open, lab }) {
    const account = await lab.register('fresh');
    const { page } = await open(account);
    await page.evaluate(() => window.lab.logout());
    await login(page, lab.baseUrl, account);
    await load(await page.context().newPage()).catch(() => {});
    await sleep(15_000);
  },
  async 'ke1-heal'(session) {
    const device = await session.open();
    await evict(device.page);
    session.chapter('evicted');
    await device.page.goto(CLIENT);
    const claimer = await session.other();
    const answered = async () => withOneTimeKeys(await session.lab.uploads()).filter(({ status }) => status > 0);
    const refused = async () => (await answered()).at(-1)?.status === 400;
    await expect.poll(refused, { timeout: 40_000 }).toBe(true);
    // Once every outdated key is claimed, nothing is left to collide with.
    for (let claimed = 0; claimed < 60 && (await refused()); claimed++) {
      await claimer.claim(device).catch(() => {});
      await sleep(500);
    }
  },
  async 'ke1-consequence'({ open, other, chapter }) {
    const victim = await open();
    await evict(victim.page);
    chapter('evicted');
    await victim.page.goto(CLIENT);
    await sleep(5000);
    // A sender that does not know the previous identity.
    const sender = await open();
    const roomId = await createSharedRoom(sender, victim);
    await sender.page.evaluate((id) => window.lab.send(id, 'can you read this?'), roomId);
    await (await other()).claim(victim);
    await sleep(10_000);
  },
  async 'ke2-todevice'({ lab, open, other, chapter }) {
    chapter('logged in');
    const [victim, sender] = [await open(), await open()];
    const claimer = await other();
    chapter('malformed messages');
    const { curve25519 } = await victim.page.evaluate(async () => {
      const keys = await window.lab.client?.getCrypto()?.getOwnDeviceKeys();
      if (!keys) throw new Error('there is no encryption');
      return keys;
    });
    const olm = (body: string) => ({
      algorithm: 'm.olm.v1.curve25519-aes-sha2',
      sender_key: 'A'.repeat(43),
      ciphertext: { [curve25519]: { type: 0, body } },
    });
    for (const content of [olm('AwoA'), olm('AwAA'), olm('AA'), { ciphertext: {} }]) {
      await claimer.sendToDevice(victim, 'm.room.encrypted', content);
      await sleep(1000);
    }
    await sleep(3000);

    chapter('keys arrive, one damaged');
    const roomId = await createSharedRoom(sender, victim);
    await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
    for (const isDamaged of [false, true, false]) await sendMediaKey(sender, victim, isDamaged);
    const late = await open();
    const lateRoomId = await createSharedRoom(late, victim);

    const before = await restoreOlderStore(lab, victim, claimer, () => chapter('restored'));
    const lost = new Set(withOneTimeKeys((await lab.uploads()).slice(0, before)).at(-1)?.oneTimeKeys);
    while (!lost.has(await claimer.claim(victim)));
    chapter('a key for a lost one-time key');
    await late.page.evaluate((id) => window.lab.send(id, 'and now?'), lateRoomId);
    await sendMediaKey(late, victim);
    await sleep(10_000);
  },
  async 'ke2-oldidentity'({ lab, open, chapter }) {
    const [victim, sender] = [await open(), await open()];
    const roomId = await createSharedRoom(sender, victim);
    await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
    await sendMediaKey(sender, victim);
    await evict(victim.page);
    // Sent before anyone could learn of the device's new keys, but delivered after its uploads were refused.
    await lab.setRules([{ method: 'PUT', path: '/sendToDevice/', fault: { kind: 'delay', ms: 6000 } }]);
    await sendMediaKey(sender, victim);
    chapter('evicted');
    await victim.page.goto(CLIENT);
    await sleep(12_000);
  },
  async 'ke3-malformed'({ lab, open, chapter }) {
    const [alice, bob] = [await lab.register('alice'), await open()];
    const api = await connect(lab.baseUrl, alice);
    const roomId = await api.createRoom(bob.userId);
    await bob.page.evaluate((id) => window.lab.client?.joinRoom(id), roomId);
    const without = (algorithm: null | string | number) => ({ algorithm, ciphertext: 'AwgA' });
    const [[missing], [unsupported], [symbol]] = MALFORMED;
    const contents = {
      'no algorithm': missing,
      'an algorithm that nobody speaks': unsupported,
      'a ciphertext with another symbol': symbol,
      'a ciphertext of a length that no base64 has': { ...symbol, ciphertext: 'AwgAE' },
      'null for an algorithm': without(null),
      'an empty algorithm': without(''),
      'a number for an algorithm': without(7),
    };
    for (const [what, content] of Object.entries(contents)) {
      chapter(what);
      await api.sendEvent(roomId, 'm.room.encrypted', content);
      await sleep(1000);
    }
    chapter('loaded again');
    await load(bob.page);
    await sleep(5000);
  },
};
