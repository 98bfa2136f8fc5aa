// The election: never two leaders at once, and a new one whatever happens to the last.
import { expectNoOverlap, parseLog } from '../e2e/tabs';
import { differs } from './differences';
import { expect, started, type Tab, test } from './driver/test';

const role = (tab: Tab) => tab.evaluate(() => window.leadership.role);

async function leaderOf(tabs: Tab[]): Promise<Tab> {
  let leader: Tab | undefined;
  await expect(async () => {
    const roles: string[] = [];
    for (const tab of tabs) roles.push(await role(tab));
    expect(roles.filter((role) => role === 'leader')).toHaveLength(1);
    leader = tabs[roles.indexOf('leader')];
  }).toPass({ timeout: 20_000 });
  return leader as Tab;
}

for (const count of [2, 5, 12]) {
  test(`of ${count} tabs one leads, after a release, a reload, a close and a crash`, async ({
    engineBrowser,
    engine,
  }) => {
    test.setTimeout(120_000);
    const open = async (id: string) => {
      const tab = await engineBrowser.open(`/tabs.html?id=${id}&session=session`);
      await expect.poll(() => tab.evaluate(() => 'leadership' in window)).toBe(true);
      return tab;
    };
    const watcher = await engineBrowser.open('/bare.html');
    const readLog = async () => parseLog(await watcher.evaluate(() => Object.entries(localStorage)));
    let tabs: Tab[] = [];
    for (let i = 0; i < count; i++) tabs.push(await open(`tab${i}`));
    // The last line of a closing tab may be lost, so note when it closed.
    const goneAt = new Map<string, number>();
    const noteEnd = async () => {
      const { tab: id } = (await readLog()).findLast(({ what }) => what === 'leader') ?? { tab: '' };
      goneAt.set(id, await watcher.evaluate(() => performance.timeOrigin + performance.now()));
    };
    type Ending = [string, (tab: Tab) => Promise<unknown>];
    const endings = (
      [
        ['released', (tab) => tab.evaluate(() => window.leadership.release())],
        ['reloaded', (tab) => tab.reload()],
        ['closed', (tab) => noteEnd().then(() => tab.close())],
        ['crashed', (tab) => noteEnd().then(() => tab.crash())],
      ] as Ending[]
    ).filter(([what]) => what !== 'crashed' || !differs(engine, 'aCrashEndsTheDriver'));
    for (const [what, end] of endings) {
      const leader = await leaderOf(tabs);
      await end(leader);
      if (what !== 'reloaded') tabs = tabs.filter((tab) => tab !== leader);
      await leaderOf(tabs);
      if (tabs.length === 1) tabs.push(await open(`after ${what}`));
    }
    expect(await expectNoOverlap(readLog, goneAt)).toBeGreaterThanOrEqual(1 + endings.length);
  });
}

test('a leader in a call refuses to hand over; otherwise it shuts down before the other tab leads', async ({
  engineBrowser,
}) => {
  const first = await engineBrowser.open('/tabs.html?id=first&session=s');
  await expect.poll(() => role(first)).toBe('leader');
  const second = await engineBrowser.open('/tabs.html?id=second&session=s');
  await expect.poll(() => role(second)).toBe('follower');
  await first.evaluate(() => {
    window.busy = 'in a call';
  });
  // Does not await the answer, because the driver must serve the other tab, too.
  const ask = () =>
    second.evaluate(() => void window.leadership.takeOver().then((answer) => Object.assign(window, { answer })));
  const answer = () => second.evaluate(() => (window as unknown as { answer?: object }).answer ?? null);
  await ask();
  await expect.poll(answer).toEqual({ granted: false, reason: 'in a call' });
  await first.evaluate(() => {
    delete window.busy;
  });
  await ask();
  await expect.poll(answer).toEqual({ granted: true, reason: null });
  expect([await role(first), await role(second)]).toEqual(['follower', 'leader']);
  await expectNoOverlap(async () => parseLog(await second.evaluate(() => Object.entries(localStorage))));
});

test('a report contains the other open tab', async ({ engineBrowser }) => {
  const first = await engineBrowser.open('/auto.html');
  const second = await engineBrowser.open('/auto.html');
  await started(second);
  await expect
    .poll(
      async () => {
        const report = JSON.parse(await second.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));
        return report.tabs?.tabs.length;
      },
      { timeout: 20_000 },
    )
    .toBe(2);
  await first.close();
});
