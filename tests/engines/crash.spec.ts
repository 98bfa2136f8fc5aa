// Crashing tabs, in an engine whose WebDriver server ends with a crashed tab.
import { differs } from './differences';
import { processesOf } from './driver/engines';
import { listen, openUndriven } from './driver/server';
import { expect, needs, test } from './driver/test';

const COUNT = 4;

test('when the process of the leader ends, another tab leads', async ({ engine }) => {
  test.skip(!differs(engine, 'aCrashEndsTheDriver'), 'its WebDriver server goes on: see tabs.spec.ts');
  const binary = needs(engine);

  const leaders: string[] = [];
  const alive = new Map<string, number>();
  const listener = await listen(({ url = '' }, response) => {
    const [tab = '', what] = url.slice(2).split('=');
    alive.set(tab, Date.now());
    if (what === 'leader') leaders.push(tab);
    response.end();
  });
  const page = `http://127.0.0.1:4199/tabs.html?session=crash&reportTo=${encodeURIComponent(listener.url)}`;
  const urls = Array.from({ length: COUNT }, (_, at) => `${page}&id=tab${at}`);
  const { home, close } = await openUndriven(binary, urls);
  try {
    await expect.poll(() => alive.size, { timeout: 30_000 }).toBe(COUNT);
    await expect.poll(() => leaders.length, { timeout: 30_000 }).toBe(1);
    const processes = () => processesOf(home, 'WebKitWebProcess').sort((a, b) => a - b);
    for (let left = COUNT - 1; left > 0; left--) {
      const [pid = 0] = processes();
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => processes().length).toBe(left);
      // The tab that no longer reports is the crashed one; another one must lead now.
      const killedAt = Date.now();
      const living = () => [...alive].filter(([, at]) => at > killedAt + 1000).map(([tab]) => tab);
      await expect.poll(() => living().length, { timeout: 15_000 }).toBe(left);
      await expect.poll(() => living().includes(leaders.at(-1) ?? ''), { timeout: 15_000 }).toBe(true);
    }
    // No tab led twice.
    expect(new Set(leaders).size).toBe(leaders.length);
  } finally {
    close();
    listener.close();
  }
});
