// Some systems give no language (`C`) or an invalid one: the viewer still works.
import { expect, test } from '@playwright/test';

import { drop, dropped, fixture, openViewer, reportOf } from './viewer';

for (const address of ['/demo/viewer.html', '/viewer/lotus-crypto-diag-viewer.html']) {
  for (const language of ['C', '', 'en_US']) {
    test(`${address} shows a report and its plot in a browser whose language is “${language}”`, async ({ page }) => {
      const report = await reportOf(page, 'ke4-delayed');
      await page.addInitScript((value) => {
        Object.defineProperty(Navigator.prototype, 'language', { get: () => value });
      }, language);
      const pageErrors = await openViewer(page, address);
      await drop(page, dropped('report.json', report), dropped('homeserver.log', fixture('viewer/homeserver.log')));
      await expect(page.getByTestId('summary')).toContainText('KE-4');
      await expect(page.getByTestId('latency-plot').locator('canvas')).toBeVisible();
      expect(pageErrors).toEqual([]);
    });
  }
}

test('the viewer does not change a valid browser language', async ({ page }) => {
  const language = () => page.evaluate(() => navigator.language);
  await page.goto('/bare.html');
  const own = await language();
  await openViewer(page);
  expect(await language()).toBe(own);
});
