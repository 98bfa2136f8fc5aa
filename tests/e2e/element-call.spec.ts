// The real Element Call, in a frame of the same origin, as Cinny shows it.
import { type ConsoleMessage, expect, test } from '@playwright/test';

import { open } from './report';

const SANDBOX = 'allow-scripts allow-same-origin allow-forms allow-popups allow-modals allow-downloads';

test('whatever Element Call warns of goes through the watch', async ({ page }) => {
  // The browser itself tells from where a console method was called: for what is watched, that is our wrapper. What it
  // logs on its own account has no arguments.
  const calls: ConsoleMessage[] = [];
  page.on('console', (line) => {
    if (['warning', 'error'].includes(line.type()) && line.args().length > 0) calls.push(line);
  });
  const escaped = await open(page, '/frames.html');
  const ours = await page.evaluate(() => {
    console.warn('x already exists');
    return performance.getEntriesByType('resource').map(({ name }) => name);
  });
  await expect.poll(() => calls.length).toBe(1);
  const wrapper = calls.shift()?.location().url ?? '';
  expect(ours).toContain(wrapper);

  await page.evaluate((sandbox) => {
    const parameters = new URLSearchParams({
      widgetId: 'call',
      parentUrl: location.origin,
      roomId: '!r:lab.local',
      userId: '@a:lab.local',
      deviceId: 'DEVICE',
      baseUrl: 'http://127.0.0.1:4200',
      intent: 'start_call',
      skipLobby: 'true',
      perParticipantE2EE: 'true',
    });
    window.openFrame(`/element-call/index.html#?${parameters}`, sandbox);
  }, SANDBOX);
  // Nobody answers it as the host of a widget: after ten seconds it says so.
  await expect.poll(() => calls.length, { timeout: 40_000 }).toBeGreaterThanOrEqual(2);
  expect(calls.map((line) => line.location().url)).toEqual(calls.map(() => wrapper));
  // Its code is in the frame, and so is its console.
  const inFrame = await page.evaluate(() => {
    const frame = document.querySelector('iframe')?.contentWindow as unknown as { console: Console };
    frame.console.error(
      '[MatrixRTCSession !r m.call#ROOM][MembershipManager]',
      'Missing own membership: force re-join',
    );
    return window.lib.getCryptoDiagEntries().at(-1)?.source;
  });
  expect(inFrame).toBe('frame:/element-call/index.html');
  expect(escaped).toEqual([]);
});
