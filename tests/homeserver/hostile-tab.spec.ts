// A script of the same origin forges the tabs' messages while they run real clients of a real homeserver.
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from '../e2e/report';
import { GATE, login, refusedAsExisting, synced } from './client';
import { expect, test } from './lab';

test('forged messages end no call, win no election, and do not change the report of a real client', async ({
  context,
  page,
  lab,
}) => {
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  const { userId, deviceId } = await login(page, lab.baseUrl, await lab.register('hostile'));
  await page.goto(GATE);
  const client = page.getByTestId('client');
  await expect(client).toHaveAttribute('data-ready', 'true');
  await page.evaluate(() => {
    window.busy = 'in a call';
  });
  const second = await context.newPage();
  await second.goto(GATE);
  await expect(second.getByRole('button', { name: 'Use it here' })).toBeVisible();

  const hostile = await context.newPage();
  await hostile.goto('/bare.html');
  await hostile.evaluate((session) => {
    const lead = new BroadcastChannel(`lotus-crypto-diag/leader/${session}`);
    const roll = new BroadcastChannel('lotus-crypto-diag/roll-call');
    const long = 'x'.repeat(2_000_000);
    const tab = { id: 'forged', thisTab: true, role: 'leader', since: 'yesterday', opened: 'yesterday', entries: [1n] };
    const cycle: Record<string, unknown> = {};
    cycle['tab'] = cycle;
    for (let round = 0; round < 50; round++) {
      for (const text of [
        'ask forged',
        `ask forged ${Date.now() - 60_000}`,
        'yours forged other',
        'leading forged',
        long,
      ]) {
        lead.postMessage(text);
      }
      for (const message of [{ version: 2, kind: 'here', from: 'forged', session, tab }, cycle, long, 1n, null]) {
        roll.postMessage(message);
      }
      for (const kind of ['here', 'news', 'who', 'bye']) {
        const entries = [{ ke: 'KE-1', message: 'syt_s3cret already exists', detail: { kind: 'refusal' } }];
        roll.postMessage(JSON.stringify({ version: 2, kind, from: 'forged', session, tab: { ...tab, entries } }));
      }
    }
  }, `${userId} ${deviceId}`);

  // Messages are delivered in order: the real tabs' messages from now on come after all the forged ones.
  await second.getByRole('button', { name: 'Use it here' }).click();
  await expect(second.getByText('The other tab stays active:')).toBeVisible();
  await synced(page);
  await expect(client).toHaveAttribute('data-ready', 'true');
  const texts = await page.evaluate(async () => {
    const mx = window.lab.client;
    // The first report loads the diagnosis.
    return [await window.lib.collectCryptoDiagReport(mx), window.lib.buildCryptoDiagReport(mx)];
  });
  for (const report of texts.map((text): CryptoDiagReport => readReport(text))) {
    expect(report).toMatchObject({ userId, deviceId, status: { state: 'running' }, uploadLoop: { refusals: 0 } });
    expect(report.diagnosis).not.toBeNull();
    expect(report.notes.join()).not.toContain('failed');
    expect(report.tabs?.tabs.every(({ id }) => id !== 'forged')).toBe(true);
    expect(JSON.stringify(report)).not.toContain('s3cret');
  }
  expect(refusedAsExisting(await lab.uploads())).toEqual([]);
  expect(errors).toEqual([]);
});
