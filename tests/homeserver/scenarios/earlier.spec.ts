// Users first reload the page: the report must contain the pages before.
import type { CryptoDiagReport, FindingId } from 'lotus-crypto-diag';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';

import { comparedStore, evict, load, reportOf, uploadAccepted, uploadLoop } from '../client';
import { expect, test } from '../lab';
import { createSharedRoom, sendMediaKey } from './actions';
import { expectDiagnosis } from './diagnosis';

const ask = (report: CryptoDiagReport, id: FindingId) => {
  const { diagnosis, runbook } = diagnoseReport(report);
  const finding = diagnosis.findings.find((one) => one.id === id);
  const cited = finding?.evidence.map(({ fact }) => fact) ?? [];
  return { because: finding?.because ?? '', cited, runbook };
};

test('after a reload, the report contains the eviction with its time, and the refusals of the previous page', async ({
  lab,
  logIn,
}) => {
  const { page, ...ids } = await logIn(await lab.register('evicted'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  await evict(page);
  await load(page);
  await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'looping' });
  await comparedStore(page);

  await load(page);
  await comparedStore(page);
  const report = await reportOf(page);
  const withStore = report.earlier.filter(({ cryptoStore }) => cryptoStore?.identity !== undefined);
  const [before, found] = withStore;
  expect(withStore.map(({ end, cryptoStore }) => [end, cryptoStore?.databaseExisted, cryptoStore?.identity])).toEqual([
    ['closed', expect.anything(), expect.stringMatching(/same|first-seen/)],
    ['closed', false, 'changed'],
  ]);
  expect(found?.uploadLoop).toMatchObject({ state: 'looping', diverges: true });
  expect(report.cryptoStore).toMatchObject({ identity: 'changed', ...ids });

  expectDiagnosis(report, {
    'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
    'ke1-trigger': { verdict: 'confirmed', conclusion: 'evicted-store' },
  });
  const nth = report.earlier.indexOf(found as (typeof withStore)[number]);
  const trigger = ask(report, 'ke1-trigger');
  expect(trigger.because).toContain(
    `between ${before?.lastSeenAt}, when the previous page was last seen (which was closed), and ${found?.beganAt}`,
  );
  expect(trigger.cited).toContain(`earlier[${nth}].cryptoStore.databaseExisted`);
  const { cited, runbook } = ask(report, 'otk-divergence');
  expect(cited.some((fact) => fact.startsWith(`earlier[${nth}].entries[`))).toBe(true);
  expect(Date.parse(runbook.from)).toBeLessThan(Date.parse(found?.beganAt ?? ''));
});

test('after a reload, the report contains the media key that could not be decrypted before', async ({ lab, logIn }) => {
  const receiver = await logIn(await lab.register('receiver'));
  await uploadAccepted(receiver.page, lab);
  const sender = await logIn(await lab.register('sender'));
  const roomId = await createSharedRoom(sender, receiver);
  await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
  expect(await sendMediaKey(sender, receiver, true)).toBe(true);
  const lines = () => receiver.page.evaluate(() => window.lib.getSnapshot().counts['KE-2']);
  await expect.poll(lines, { timeout: 20_000 }).toBe(1);

  await load(receiver.page);
  const report = await reportOf(receiver.page);
  expect(report.entries.filter(({ ke }) => ke === 'KE-2')).toEqual([]);
  const nth = report.earlier.findIndex(({ counts }) => counts['KE-2'] > 0);
  expect(report.earlier[nth]?.entries).toMatchObject([{ ke: 'KE-2', detail: { sender: sender.userId } }]);
  const { because, cited } = ask(report, 'ke2-to-device-validation');
  expect(cited).toContain(`earlier[${nth}].entries[0]`);
  expect(because).toContain(`In the page of ${report.earlier[nth]?.beganAt} to ${report.earlier[nth]?.lastSeenAt}`);
  expectDiagnosis(report, { 'ke2-to-device-validation': { verdict: 'possible', conclusion: 'to-device-validation' } });
});
