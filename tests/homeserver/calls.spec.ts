// The real Element Call in a frame, as the widget of a real client, against a real homeserver that has trouble.
import type { Page } from '@playwright/test';

import { countAlive } from '../e2e/heap';
import { type ConsoleCall, instrument } from '../e2e/instrument';
import { readReport } from '../e2e/report';
import { login } from './client';
import type { lab as createLab, homeserver } from './homeserver';
import { expect, test } from './lab';

const PAGE = 'call.html';
const RELEASES = ['element-call', 'element-call-0-20'];
type Lab = ReturnType<typeof createLab> & Pick<typeof homeserver, 'register'>;

test.describe.configure({ timeout: 120_000 });

/** Logs in and joins a call; resolves to the list of lines that the frame logs, according to the browser. */
async function join(page: Page, lab: Lab, folder: string): Promise<ConsoleCall[]> {
  await login(page, lab.baseUrl, await lab.register('call'), PAGE);
  const logged = await instrument(page);
  await page.evaluate(async (where) => {
    const roomId = await window.lab.createRoom([]);
    Object.assign(window, { call: window.openCall(where, roomId), roomId });
  }, folder);
  await expect.poll(() => isInCall(page), { timeout: 60_000 }).toBe(true);
  return logged;
}

/** Whether the room's state shows a call membership to others. */
const isInCall = (page: Page) =>
  page.evaluate(() => {
    const { roomId } = window as unknown as { roomId: string };
    const room = window.lab.client?.getRoom(roomId);
    const events = room?.currentState.getStateEvents('org.matrix.msc3401.call.member') ?? [];
    return events.some((event) => 'application' in event.getContent());
  });

/** The entries about the call's membership, without their texts. */
const membershipEntries = async (page: Page) => {
  const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(window.lab.client)));
  return report.entries.flatMap(({ ke, source, count, detail }) =>
    ke === 'KE-4' && 'request' in detail ? [{ source, count, ...detail }] : [],
  );
};

for (const folder of RELEASES) {
  test(`${folder}: every warning and error of a call is captured from the first line`, async ({ page, lab }) => {
    // The URL of the script that wraps the console, according to the browser.
    const wrapperUrls: string[] = [];
    page.on('console', (line) => line.text() === 'x already exists' && wrapperUrls.push(line.location().url));
    const logged = await join(page, lab, folder);
    await page.evaluate(() => console.warn('x already exists'));
    await lab.setRules([{ path: '/delayed_events/', fault: { kind: 'status', status: 500 } }]);
    await expect.poll(async () => (await membershipEntries(page)).length, { timeout: 60_000 }).toBeGreaterThan(1);

    expect(wrapperUrls).toHaveLength(1);
    const seen = logged.filter(({ by }) => by === wrapperUrls[0]);
    console.log(`${folder}: ${seen.length} of ${logged.length} warnings and errors of the frame were seen`);
    expect(seen).toEqual(logged);
    expect(seen.length).toBeGreaterThan(3);
    // Lines that match a signature are also kept.
    const matching = logged.filter(({ text }) => text.includes('/delayed_events/'));
    const kept = (await membershipEntries(page)).filter(({ source }) => source === `frame:/${folder}/index.html`);
    expect(kept.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(matching.length);
  });
}

test('for a homeserver that answers too late, the entries name the request, the attempts and that the client gave up', async ({
  page,
  lab,
}) => {
  await join(page, lab, 'element-call-0-20');
  // Two and a half times as long as the call waits. With a much longer delay the browser would queue later requests: it
  // sends at most six at once to a server.
  await lab.setRules([{ path: '/delayed_events/', fault: { kind: 'delay', ms: 5000 } }]);
  await expect
    .poll(async () => (await membershipEntries(page)).some(({ gaveUp }) => gaveUp), { timeout: 90_000 })
    .toBe(true);

  const inFrame = (await membershipEntries(page)).filter(
    ({ source }) => source === 'frame:/element-call-0-20/index.html',
  );
  const retries = inFrame.find(({ gaveUp, rejoins }) => !gaveUp && !rejoins);
  const request = { request: 'restart-leave', failure: 'timed-out', httpStatus: null };
  expect(retries).toMatchObject({ ...request, attempt: 11, maxAttempts: 11 });
  expect(inFrame.find(({ gaveUp }) => gaveUp)).toMatchObject({ ...request, attempt: 11, maxAttempts: 11 });
  // The proxy's log agrees: as many restarts arrived and were not answered.
  const arrived = await lab.requests({ method: 'POST', path: /\/delayed_events\/[^/]+\/restart$/ });
  expect(arrived.filter(({ fault }) => fault === 'delay')).toHaveLength(retries?.count ?? 0);
  await lab.clearRules();
  await expect.poll(() => isInCall(page), { timeout: 60_000 }).toBe(false);
});

test('for a failing homeserver, the entries of the window and of the frame have the same delay id', async ({
  page,
  lab,
}) => {
  await join(page, lab, 'element-call-0-20');
  const body = { errcode: 'M_UNKNOWN', error: 'Internal server error' };
  await lab.setRules([{ path: '/restart$', times: 3, fault: { kind: 'status', status: 500, body } }]);
  await expect
    .poll(async () => (await membershipEntries(page)).map(({ source, count }) => `${source} ${count}`).sort(), {
      timeout: 60_000,
    })
    .toEqual(['frame:/element-call-0-20/index.html 3', 'window 3']);

  const [first, second] = await membershipEntries(page);
  const expected = { request: 'restart-leave', failure: 'refused', httpStatus: 500, gaveUp: false };
  for (const side of [first, second]) expect(side).toMatchObject(expected);
  expect(first?.delayId).toMatch(/^syd_/);
  expect(second?.delayId).toBe(first?.delayId);
  const byManager = [first, second].find((side) => side?.source !== 'window');
  expect(byManager).toMatchObject({ roomId: expect.stringMatching(/^!/), attempt: 2, maxAttempts: 11 });
});

test('ten calls of Element Call in a row leak no memory', async ({ page, lab }) => {
  test.setTimeout(240_000);
  await login(page, lab.baseUrl, await lab.register('ten'), PAGE);
  const roomId = await page.evaluate(() => window.lab.createRoom([]));
  const openAndClose = () =>
    page.evaluate(async (id) => {
      const call = window.openCall('element-call', id);
      await call.joined;
      call.close();
    }, roomId);
  const inFrames = async () => {
    const { windows, frames, consoleMethods } = await countAlive(page);
    return { windows, frames, consoleMethods };
  };
  await openAndClose();
  await expect.poll(inFrames, { timeout: 60_000 }).toMatchObject({ frames: 0 });
  const before = await inFrames();
  for (let i = 0; i < 10; i++) await openAndClose();
  await expect.poll(inFrames, { timeout: 60_000 }).toEqual(before);
});
