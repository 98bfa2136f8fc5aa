// The sessions that are recorded. Nothing is expected of what the client logs: that is what is to be found out.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Browser } from '@playwright/test';

import { type Account, CLIENT, type Device, evict, load, login, uploadAccepted, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import {
  CALL,
  CALL_TROUBLE,
  MALFORMED,
  meet,
  provokeUpload,
  restoreOlderStore,
  sendMediaKey,
} from '../scenarios/actions';
import { recorder } from './recorder';

type Lab = Parameters<Parameters<typeof test>[2]>[0]['lab'];

interface Session {
  lab: Lab;
  /** A device in a browser profile of its own, logged in, with its first keys on the server. */
  open(account?: Account): Promise<Device>;
  /** Somebody without a client. */
  other(): ReturnType<typeof connect>;
}

const STORM_MS = 60_000;

/** Somebody writes into a room of the device, so that it syncs all the time. */
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

const SESSIONS: Record<string, (session: Session) => Promise<void>> = {
  async healthy({ open }) {
    const [alice, bob] = [await open(), await open()];
    const roomId = await meet(alice, bob);
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
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-evict-all'(session) {
    const device = await session.open();
    await device.page.goto(`${CLIENT}?idle`);
    await device.page.evaluate(async () =>
      window.lab.deleteDatabases((await indexedDB.databases()).flatMap(({ name = '' }) => [name])),
    );
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-evict-live'(session) {
    const device = await session.open();
    // As the browser does: it closes the page's connections and deletes.
    const cdp = await device.page.context().newCDPSession(device.page);
    await cdp.send('Storage.clearDataForOrigin', { origin: 'http://127.0.0.1:4199', storageTypes: 'indexeddb' });
    await sleep(15_000);
    await device.page.goto(CLIENT);
    await storm(session, device);
  },
  async 'ke1-restore'(session) {
    const device = await session.open();
    const claimer = await session.other();
    await restoreOlderStore(session.lab, device, claimer);
    await claimer.claim(device);
    await storm(session, device);
  },
  async 'ke1-multitab'(session) {
    const device = await session.open();
    const claimer = await session.other();
    for (const tabs of [2, 4]) {
      while (device.page.context().pages().length < tabs) {
        const tab = await device.page.context().newPage();
        // One that meets another at its start may fail to start: that is recorded too.
        await load(tab).catch(() => {});
      }
      for (let round = 0; round < 2; round++) await provokeUpload(session.lab, claimer, device);
    }
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
    await device.page.goto(CLIENT);
    const claimer = await session.other();
    const refused = async () => withOneTimeKeys(await session.lab.uploads()).at(-1)?.status === 400;
    await expect.poll(refused, { timeout: 40_000 }).toBe(true);
    // Once every dead key was claimed away, there is nothing left to collide with.
    for (let claimed = 0; claimed < 60 && (await refused()); claimed++) {
      await claimer.claim(device).catch(() => {});
      await sleep(500);
    }
  },
  async 'ke1-consequence'({ open, other }) {
    const [victim, sender] = [await open(), await open()];
    const roomId = await meet(sender, victim);
    await evict(victim.page);
    await victim.page.goto(CLIENT);
    await sleep(10_000);
    await sender.page.evaluate((id) => window.lab.send(id, 'can you read this?'), roomId);
    await (await other()).claim(victim);
    await sleep(10_000);
  },
  async 'ke2-todevice'({ lab, open, other }) {
    const [victim, sender] = [await open(), await open()];
    const roomId = await meet(sender, victim);
    await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
    for (const isDamaged of [false, true, false]) await sendMediaKey(sender, victim, isDamaged);
    const late = await open();
    const lateRoomId = await meet(late, victim);
    const claimer = await other();
    const before = await restoreOlderStore(lab, victim, claimer);
    const lost = new Set(withOneTimeKeys((await lab.uploads()).slice(0, before)).at(-1)?.oneTimeKeys);
    while (!lost.has(await claimer.claim(victim)));
    await late.page.evaluate((id) => window.lab.send(id, 'and now?'), lateRoomId);
    await sendMediaKey(late, victim);
    await sleep(10_000);
  },
  async 'ke3-malformed'({ lab, open }) {
    const [alice, bob] = [await lab.register('alice'), await open()];
    const api = await connect(lab.baseUrl, alice);
    const roomId = await api.createRoom(bob.userId);
    await bob.page.evaluate((id) => window.lab.client?.joinRoom(id), roomId);
    const empty = [null, '', 7].map((algorithm) => ({ algorithm, ciphertext: 'AwgA' }));
    for (const content of [...MALFORMED.map(([malformed]) => malformed), ...empty]) {
      await api.sendEvent(roomId, 'm.room.encrypted', content);
    }
    await sleep(5000);
    await load(bob.page);
    await sleep(5000);
  },
  async 'ke4-delayed'({ lab, open }) {
    const { page } = await open();
    const roomId = await page.evaluate(() => window.lab.createRoom([]));
    for (const rule of Object.values(CALL_TROUBLE)) {
      await page.evaluate(([id, config]) => window.lab.joinCall(id, config), [roomId, CALL] as const);
      await sleep(4000);
      await lab.setRules([rule]);
      await sleep(20_000);
      await lab.clearRules();
      await page.evaluate((id) => window.lab.leaveCall(id), roomId);
    }
  },
};

for (const [scenario, play] of Object.entries(SESSIONS)) {
  test(`recorded: ${scenario}`, async ({ browser, lab }) => {
    const recording = recorder(scenario);
    const devices: Device[] = [];
    await play({
      lab,
      other: async () => connect(lab.baseUrl, await lab.register('other')),
      async open(account) {
        const page = await newProfile(browser, String.fromCharCode(65 + devices.length));
        const device = { page, ...(await login(page, lab.baseUrl, account ?? (await lab.register(scenario)))) };
        devices.push(device);
        await uploadAccepted(page, lab);
        return device;
      },
    });
    const [first] = devices;
    if (!first) throw new Error('nobody logged in');
    recording.save(await first.page.evaluate(() => window.lab.sdkVersion), await lab.uploads());
    for (const { page } of devices) await page.context().close();

    async function newProfile(from: Browser, name: string) {
      const context = await from.newContext();
      await recording.watch(context, name);
      return context.newPage();
    }
  });
}
