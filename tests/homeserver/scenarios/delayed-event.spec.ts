import type { HarRequest } from 'lotus-crypto-diag/diagnosis';

import { reportOf } from '../client';
import type { LoggedRequest } from '../homeserver';
import { expect, test } from '../lab';
import { CALL, CALL_TROUBLE } from './actions';
import { expectDiagnosis } from './diagnosis';

const SLOW = { verdict: 'likely', conclusion: 'slow-homeserver' } as const;

/** The diagnosis by the browser's own timings, and the same with an administrator's HAR. */
const ANSWERS = {
  'slower than the client waits': { says: SLOW, httpStatus: null },
  'as slow as everything else': { says: SLOW, httpStatus: null },
  'answered with 504': { says: SLOW, httpStatus: 504 },
  dropped: { says: { verdict: 'likely', conclusion: 'not-the-homeserver' }, httpStatus: null },
} as const;

/** The requests through the proxy, as the browser's network tab would show them. */
function harOf(requests: LoggedRequest[]): HarRequest[] {
  const over = requests.filter(({ ms, method }) => ms > 0 && method !== 'OPTIONS');
  return over.map(({ at, ms, ...rest }) => ({ ...rest, ts: new Date(at).toISOString(), durationMs: ms }));
}

for (const [name, rule] of Object.entries(CALL_TROUBLE)) {
  test(`in a call, restarts of the delayed event that are ${name} cause KE-4 and no other fault`, async ({
    lab,
    logIn,
  }) => {
    const { page } = await logIn(await lab.register('caller'));
    const roomId = await page.evaluate(() => window.lab.createRoom([]));
    await page.evaluate(([id, config]) => window.lab.joinCall(id, config), [roomId, CALL] as const);
    const restarts = () => lab.requests({ method: 'POST', path: /\/delayed_events\// });
    await expect.poll(async () => (await restarts()).filter(({ status }) => status === 200).length).toBeGreaterThan(1);
    expect((await reportOf(page)).counts['KE-4']).toBe(0);

    await lab.setRules([rule]);
    await expect.poll(async () => (await reportOf(page)).counts['KE-4'], { timeout: 40_000 }).toBeGreaterThan(2);
    const report = await reportOf(page);
    const har = harOf(await lab.requests());
    expect((await restarts()).filter(({ fault }) => fault === rule.fault.kind).length).toBeGreaterThan(1);
    const { says, httpStatus } = ANSWERS[name as keyof typeof ANSWERS];
    const entries = report.entries.filter(({ ke }) => ke === 'KE-4');
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(report.counts['KE-4']);
    expect(entries).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ roomId, httpStatus }) }),
    );
    // A user alone in a call has nobody to send a media key to.
    const others = report.entries.filter(({ ke }) => ke !== 'KE-4').map(({ detail }) => detail.kind);
    expect(new Set(others)).toEqual(new Set(['no-key-targets']));
    expectDiagnosis(report, { 'ke4-slow-homeserver': says, 'otk-divergence': { verdict: 'ruled-out' } });
    expectDiagnosis(report, { 'ke4-slow-homeserver': says }, { har });

    await lab.clearRules();
    await page.evaluate((id) => window.lab.leaveCall(id), roomId);
  });
}
