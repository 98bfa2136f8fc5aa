import { reportOf } from '../client';
import { expect, test } from '../lab';
import { CALL, CALL_TROUBLE } from './actions';

for (const [name, rule] of Object.entries(CALL_TROUBLE)) {
  test(`in a call, requests that keep the membership alive are ${name}: KE-4, and nothing else`, async ({
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
    expect((await restarts()).filter(({ fault }) => fault === rule.fault.kind).length).toBeGreaterThan(1);
    const httpStatus = rule.fault.kind === 'status' ? rule.fault.status : null;
    const entries = report.entries.filter(({ ke }) => ke === 'KE-4');
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(report.counts['KE-4']);
    expect(entries).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ roomId, httpStatus }) }),
    );
    expect({ ...report.counts, 'KE-4': 0 }).toEqual({ 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 });

    await lab.clearRules();
    await page.evaluate((id) => window.lab.leaveCall(id), roomId);
  });
}
