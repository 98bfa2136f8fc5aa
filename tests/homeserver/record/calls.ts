// Sessions of calls: the SDK in a call by itself, Element Call in a frame, and LiveKit with its worker.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Fault, Rule } from '../homeserver';
import { expect } from '../lab';
import { CALL, CALL_TROUBLE, createSharedRoom } from '../scenarios/actions';
import { IS_NEWEST, type Play, type Session } from './session';

const ELEMENT_CALL = IS_NEWEST ? 'element-call' : 'element-call-0-20';
const LIVEKIT = IS_NEWEST ? '/livekit-2-23.html' : '/livekit-2-18.html';

const fails = (status: number, errcode: string, error: string): Fault => ({
  kind: 'status',
  status,
  body: { errcode, error },
});
const TROUBLE: Record<string, Rule> = {
  ...CALL_TROUBLE,
  'not let through in time': { path: '/delayed_events/', fault: { kind: 'delay', ms: 20_000 } },
  'answered with 500': { path: '/delayed_events/', fault: fails(500, 'M_UNKNOWN', 'Internal server error') },
};
/** A homeserver that has lost the delayed leave event and accepts no other. */
const REFUSED: Rule[] = [
  { path: '/delayed_events/', fault: fails(404, 'M_NOT_FOUND', 'No such delayed event') },
  {
    method: 'PUT',
    path: '/state/org.matrix.msc3401.call.member/',
    fault: fails(404, 'M_UNRECOGNIZED', 'Unrecognized request'),
  },
];

/** By then any client has given up: eleven attempts of two and a half seconds, after the last successful one. */
const GIVES_UP_MS = 40_000;
async function waitUntilGivenUp({ hasLogged }: Session): Promise<void> {
  const end = Date.now() + GIVES_UP_MS;
  while (Date.now() < end && !hasLogged('MembershipManager stopped because')) await sleep(500);
}

export const CALLS: Record<string, Play> = {
  async 'ke4-delayed'(session) {
    const { lab, chapter } = session;
    const { page } = await session.open();
    const roomId = await page.evaluate(() => window.lab.createRoom([]));
    const join = () => page.evaluate(([id, config]) => window.lab.joinCall(id, config), [roomId, CALL] as const);
    const troubles: [string, Rule[]][] = Object.entries(TROUBLE).map(([trouble, rule]) => [trouble, [rule]]);
    for (const [trouble, rules] of [...troubles, ['refused', REFUSED] as const]) {
      chapter(trouble);
      await join();
      await sleep(4000);
      await lab.setRules([...rules]);
      await waitUntilGivenUp(session);
      await lab.clearRules();
      await page.evaluate((id) => window.lab.leaveCall(id), roomId);
    }
  },

  async 'ec-iframe'(session) {
    const { lab, chapter } = session;
    // One shows Element Call in a frame; in the call of the other, the SDK is by itself.
    const [framed, other] = [await session.open(), await session.open()];
    const parts = ['all is well', 'answered with 504', 'slower than the client waits', 'answered with 500', 'dropped'];
    for (const part of parts) {
      chapter(part);
      const roomId = await createSharedRoom(other, framed);
      await other.page.evaluate((id) => window.lab.joinCall(id, { manageMediaKeys: true }), roomId);
      const call = await framed.page.evaluateHandle(
        async ([folder, id]) => {
          const opened = window.openCall(folder, id);
          await opened.joined;
          return opened;
        },
        [ELEMENT_CALL, roomId] as const,
      );
      const rule = TROUBLE[part];
      if (rule) {
        await lab.setRules([rule]);
        await waitUntilGivenUp(session);
      }
      // Long enough for others to see it leave, if it has given up.
      await sleep(10_000);
      await lab.clearRules();
      await call.evaluate((opened) => opened.close());
      await other.page.evaluate((id) => window.lab.leaveCall(id), roomId);
    }
  },

  async 'ke2-livekit-worker'({ openPage, chapter, loggedBy }) {
    const page = await openPage();
    await page.goto(LIVEKIT);
    const call = await page.evaluateHandle(() => window.call);
    loggedBy({ name: 'livekit-client', version: await call.evaluate(({ version }) => version), prefix: 'lk' });
    const setKey = (holder: 'alice' | 'bob', index: number, secret: string) =>
      call.evaluate(({ setKey }, args) => setKey(...args), [holder, index, secret] as const);
    const pictures = () => call.evaluate(({ pictures }) => pictures());
    const seesBob = async () => {
      const before = await pictures();
      await expect.poll(pictures, { timeout: 20_000 }).toBeGreaterThan(before + 3);
    };

    chapter('no key at all');
    await sleep(6000);
    chapter('the key of another index');
    await setKey('alice', 1, 'the first');
    await setKey('bob', 0, 'the first');
    await sleep(4000);
    chapter('the right key');
    await setKey('alice', 0, 'the first');
    await seesBob();
    chapter('a new key, sooner used than known');
    await setKey('bob', 2, 'the second');
    await sleep(4000);
    await setKey('alice', 2, 'the second');
    await seesBob();
    chapter('a wrong key');
    await setKey('alice', 3, 'wrong');
    await setKey('bob', 3, 'the third');
    await sleep(8000);
  },
};
