// Evidence survives the page.
import { differs } from './differences';
import { expect, started, type Tab, test } from './driver/test';

const LINE = 'MissingKey: missing key at index 1 for participant @kept:hs:DEV';

interface Earlier {
  end: string;
  entries: { message: string }[];
}

const earlier = (tab: Tab): Promise<Earlier[]> =>
  tab.evaluate(async () => JSON.parse(await window.lib.collectCryptoDiagReport(undefined)).earlier);

const pagesWith = async (tab: Tab, line: string) =>
  (await earlier(tab)).filter(({ entries }) => entries.some(({ message }) => message === line));

test('the report contains evidence from before a reload and of a closed tab', async ({ engine, engineBrowser }) => {
  const tab = await engineBrowser.open('/auto.html');
  await started(tab);
  await tab.evaluate((line) => console.error(line), LINE);
  // Reloaded by the page: Firefox reports a driver's reload as a navigation.
  await tab.evaluate(() => void setTimeout(() => location.reload()));
  await expect(async () => {
    expect(await tab.evaluate(() => performance.getEntriesByType('navigation')[0]?.toJSON().type)).toBe('reload');
  }).toPass();
  await started(tab);
  await expect.poll(() => pagesWith(tab, LINE), { timeout: 15_000 }).toMatchObject([{ end: 'reloaded' }]);

  await tab.evaluate((line) => console.error(`${line} again`), LINE);
  await tab.close();
  const next = await engineBrowser.open('/auto.html');
  await started(next);
  const ends = async () => (await pagesWith(next, `${LINE} again`)).map(({ end }) => end);
  const end = differs(engine, 'endsTheScriptsOfAClosedTab') ? /^(closed|unknown)$/ : /^closed$/;
  await expect.poll(ends, { timeout: 15_000 }).toEqual([expect.stringMatching(end)]);

  await next.evaluate(() => window.lib.forgetEarlierEvidence());
  expect(await earlier(next)).toEqual([]);
});
