import { type BrowserContext, expect, type Page } from '@playwright/test';

const ORIGIN = 'http://127.0.0.1:4199';

/** One line of the log that the tabs of `pages/tabs.ts` share. */
export interface Line {
  at: number;
  /** The tab's id and the number of the page load. */
  tab: string;
  what: string;
}

export async function openTab(context: BrowserContext, id: string, session = 'session'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/tabs.html?id=${id}&session=${session}`);
  await page.waitForFunction(() => 'leadership' in window);
  return page;
}

/** Opens tabs of the session one after the other, and waits until one of them leads. */
export async function openTabs<const Ids extends readonly string[]>(
  context: BrowserContext,
  ...ids: Ids
): Promise<{ [Tab in keyof Ids]: Page }> {
  const pages: Page[] = [];
  for (const id of ids) pages.push(await openTab(context, id));
  await leaderOf(pages);
  return pages as { [Tab in keyof Ids]: Page };
}

export async function readLog(page: Page): Promise<Line[]> {
  return parseLog(await page.evaluate(() => Object.entries(localStorage)));
}

/** Reads the log from localStorage's entries. */
export function parseLog(entries: [string, string][]): Line[] {
  const lines = entries.flatMap(([key, what]) => {
    const [log, at, id, load] = key.split(' ');
    return log === 'log' ? [{ at: Number(at), tab: `${id} ${load}`, what }] : [];
  });
  return lines.sort((a, b) => a.at - b.at);
}

/** Blocks the page's JavaScript for `ms`. */
export const hang = (page: Page, ms: number) =>
  page.evaluate((duration) => {
    setTimeout(() => {
      const end = Date.now() + duration;
      while (Date.now() < end);
    }, 100);
  }, ms);

export const role = (page: Page) => page.evaluate(() => window.leadership.role);

/** Waits until exactly one tab leads, and returns it. */
export async function leaderOf(pages: Page[]): Promise<Page> {
  let leader: Page | undefined;
  await expect(async () => {
    const roles = await Promise.all(pages.map(role));
    const leaders = pages.filter((_, index) => roles[index] === 'leader');
    expect(roles.filter((r) => r === 'leader')).toHaveLength(1);
    leader = leaders[0];
  }).toPass({ timeout: 15_000 });
  return leader as Page;
}

/**
 * Asserts that no two tabs led at the same time. A reign lasts from a tab's `leader` to its next line, or for a crashed
 * tab until the given time. Returns the number of reigns. Reads the log again if it fails: on a busy machine, a page may
 * become the leader before it sees what another process has written to localStorage.
 */
export async function expectNoOverlap(
  read: () => Promise<Line[]>,
  crashedAt: ReadonlyMap<string, number> = new Map(),
): Promise<number> {
  let reigns = 0;
  await expect(async () => {
    reigns = countReigns(await read(), crashedAt);
  }).toPass({ timeout: 5000 });
  return reigns;
}

function countReigns(lines: Line[], crashedAt: ReadonlyMap<string, number>): number {
  let reigns = 0;
  let leader: string | undefined;
  for (const { at, tab, what } of lines) {
    const log = lines.map((line) => `${line.at} ${line.tab}: ${line.what}`).join('\n');
    if (leader && at > (crashedAt.get(leader) ?? Number.POSITIVE_INFINITY)) leader = undefined;
    if (what === 'leader') {
      expect(leader, `${tab} leads beside ${leader}\n${log}`).toBeUndefined();
      leader = tab;
      reigns += 1;
    } else if (what === 'follower' && tab === leader) {
      leader = undefined;
    }
  }
  return reigns;
}
