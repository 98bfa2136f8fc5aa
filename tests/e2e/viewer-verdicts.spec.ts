import { expect, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { synapseLog } from './synapse-log';
import { drop, dropped, openViewer, reportOf } from './viewer';

for (const [width, height] of [
  [1280, 800],
  [360, 740],
] as const) {
  test(`at ${width} px the summary of the verdicts is visible without scrolling`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const text = await reportOf(page, 'ke1-evict-crypto');
    await openViewer(page);
    await drop(page, dropped('report.json', text), dropped('empty.log', ''));
    await expect(page.getByText('Not used: The file is empty.')).toBeVisible();
    const summary = page.getByTestId('summary');
    await expect(summary).toContainText('different one-time keys');
    await expect(summary).toBeInViewport({ ratio: width > 1000 ? 1 : 0.1 });
    if (width > 1000) await expect(page.locator('[data-verdict]').first()).toBeInViewport();
  });
}

test('evidence of the server confirms verdicts, and can be opened from them', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const text = await reportOf(page, 'ke3-malformed', 'ke4-delayed');
  const { entries, userId }: CryptoDiagReport = JSON.parse(text);
  const pageErrors = await openViewer(page);
  await drop(page, dropped('report.json', text));

  const malformed = page.getByTestId('finding-ke3-malformed');
  await expect(malformed).toHaveAttribute('data-verdict', 'likely');
  await expect(malformed.getByTestId('missing')).toContainText('content.algorithm');
  await malformed
    .getByRole('button', { name: /^Copy query/ })
    .first()
    .click();
  await expect(malformed.getByTestId('missing')).toContainText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('FROM events JOIN event_json');

  const ids = entries.flatMap(({ detail }) => (detail.kind === 'malformed' && detail.eventId ? [detail.eventId] : []));
  const rows = ids.map((id) => `${id},m.room.encrypted,@a:b,!r:b,2026-11-25T09:00:00.000Z,,,`);
  const head = 'event_id,type,sender,room_id,origin_server_ts,algorithm,session_id,ciphertext';
  await drop(page, dropped('events.csv', `${[head, ...rows].join('\n')}\n`));
  await expect(malformed).toHaveAttribute('data-verdict', 'confirmed');
  await expect(malformed.getByTestId('sharpened')).toHaveText('Without the evidence from the server: likely.');
  await expect(malformed.getByTestId('missing')).toBeHidden();
  await malformed.getByText(/^Evidence/).click();
  await malformed.getByText('server.events[0]').click();
  await expect(malformed.getByLabel('server.events[0]')).toContainText('"algorithm": null');

  const slow = page.getByTestId('finding-ke4-slow-homeserver');
  const before = await slow.getAttribute('data-verdict');
  const first = Math.min(...entries.filter(({ ke }) => ke === 'KE-4').map(({ firstTs }) => Date.parse(firstTs)));
  await drop(page, dropped('homeserver.log', synapseLog(first, userId ?? '')));
  await expect(slow).toHaveAttribute('data-verdict', 'confirmed');
  expect(before).not.toBe('confirmed');
  await slow.getByText(/^Evidence/).click();
  await slow
    .getByText(/^server\.log\[\d+\]$/)
    .first()
    .click();
  await expect(slow.getByLabel(/^server\.log/).first()).toContainText('Processed request: 2');
  const numbers = page.getByLabel('Response times of the homeserver, in numbers');
  await expect(page.getByTestId('latency-plot').locator('canvas')).toBeVisible();
  if (await numbers.isVisible()) await expect(numbers).toContainText('While KE-4 was seen');
  expect(pageErrors).toEqual([]);
});
