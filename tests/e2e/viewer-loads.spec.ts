// A report with earlier page loads in the viewer.
import { expect, test } from '@playwright/test';

import { drop, dropped, openViewer, reportOf } from './viewer';

test.describe.configure({ timeout: 90_000 });

/** A report from two days later, in which the page that wrote `json` is an earlier page. */
function twoDaysLater(json: string): { text: string; began: string } {
  const report = JSON.parse(json);
  const later = (time: string) => new Date(Date.parse(time) + 2 * 86_400_000).toISOString();
  const { capturingSince, generatedAt, counts, entries, cryptoStore, uploadLoop, captureSession } = report;
  const page = { beganAt: capturingSince, lastSeenAt: generatedAt, end: 'crashed', entriesLeftOut: 0, repair: null };
  const none = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
  Object.assign(report, {
    capturingSince: later(capturingSince),
    generatedAt: later(generatedAt),
    counts: none,
    entries: [],
    captureSession: null,
    uploadLoop: { ...uploadLoop, state: 'idle', refusal: null, refusals: 0, keyIds: [], lastTs: null },
    earlier: [{ ...page, counts, entries, cryptoStore, uploadLoop, captureSession }],
  });
  return { text: JSON.stringify(report), began: capturingSince };
}

test('page loads, the breaks between them and their lines are on one time line', async ({ page }) => {
  const { text, began } = twoDaysLater(await reportOf(page, 'ke1-evict-crypto', 'ec-iframe'));
  const pageErrors = await openViewer(page);
  await drop(page, dropped('report.json', text));
  const day = (time: string) => time.slice(0, 10);
  await expect(page.getByTestId('reach')).toHaveText(new RegExp(`^Since ${day(began)} .* UTC, in 2 page loads\\.$`));

  const timeline = page.getByTestId('timeline');
  const loads = timeline.getByTestId('page-loads').getByRole('img');
  await expect(loads).toHaveCount(2);
  await expect(loads.first()).toHaveAccessibleName(/^Page load of .*, crashed$/);
  await expect(loads.last()).toHaveAccessibleName(/wrote the report$/);
  // The two days between take little room, so the first load is clearly visible.
  await expect(timeline.getByTestId('page-loads').locator('.break')).toHaveCount(1);
  const width = async (nth: number) => ((await loads.nth(nth).boundingBox()) ?? { width: 0 }).width;
  expect(await width(0)).toBeGreaterThan(40);

  const finding = page.getByTestId('finding-otk-divergence');
  await expect(finding).toContainText('The last refusal was seen in an earlier page');
  await finding.getByTestId('evidence').locator('summary').first().click();
  await finding
    .getByTestId('evidence')
    .getByText(/^KE-1, 20\d\d-/)
    .first()
    .click();
  await expect(finding.getByTestId('evidence')).toContainText('already exists');

  await page.getByText(/^As a table/).click();
  await expect(page.getByRole('row', { name: /^Page load, crashed/ })).toBeVisible();
  await page.getByText('The summary', { exact: true }).click();
  await expect(page.getByText('## Page loads')).toBeVisible();
  await expect(page.getByText('Keys that the server refused', { exact: true }).first()).toBeVisible();
  expect(pageErrors).toEqual([]);
});
