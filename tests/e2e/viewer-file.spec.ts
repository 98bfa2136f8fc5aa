// The viewer as released: one file, opened from the disk.
import { readFileSync } from 'node:fs';

import { expect, test } from '@playwright/test';

import { drop, dropped, fixture, openViewer, reportOf } from './viewer';

const file = new URL('./dist/viewer/lotus-crypto-diag-viewer.html', import.meta.url);

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the single-file viewer (${colorScheme}) reads a report and a log without any request`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const report = await reportOf(page, 'ke1-evict-crypto');
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    const pageErrors = await openViewer(page, file.href);
    await expect(page.locator('body')).toHaveCSS(
      'background-color',
      colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(38, 38, 38)',
    );
    await expect(page.getByRole('link')).toHaveCount(0);

    await drop(page, dropped('report.json', report));
    await expect(page.getByTestId('finding-otk-divergence')).toHaveAttribute('data-verdict', 'likely');
    await drop(page, dropped('homeserver.log', fixture('viewer/homeserver.log')));
    await expect(page.getByTestId('survey').locator('tbody tr')).toHaveCount(3);
    const copy = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save redacted report' }).click();
    expect(readFileSync(await (await copy).path(), 'utf8')).toContain('@user-1:');

    // Its worker is a `blob:` URL of the page itself.
    expect(requested.filter((url) => !/^(blob|data):/.test(url))).toEqual([file.href]);
    expect(pageErrors).toEqual([]);
  });
}

test('the Content Security Policy of the single-file viewer blocks other scripts, styles and requests', async ({
  page,
}) => {
  await openViewer(page, file.href);
  const blocked = await page.evaluate(async () => {
    const violated: string[] = [];
    addEventListener('securitypolicyviolation', (event) => violated.push(event.effectiveDirective));
    for (const tag of ['script', 'style']) {
      const element = document.createElement(tag);
      element.textContent = tag === 'script' ? 'window.pwned = 1' : 'body { display: none }';
      document.body.append(element);
    }
    await fetch('http://127.0.0.1:4199/echo').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { violated, pwned: 'pwned' in window };
  });
  expect(blocked.pwned).toBe(false);
  expect(blocked.violated).toEqual(expect.arrayContaining(['script-src-elem', 'style-src-elem', 'connect-src']));
});
