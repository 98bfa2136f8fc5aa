import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { type Device, load, refusedAsExisting, reportOf, synced, uploadAccepted, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { expectDiagnosis, FINE } from './diagnosis';

/** Checks that nothing was refused or malformed and that the store is unchanged; returns the diagnosis's summary. */
function expectNoFault(report: CryptoDiagReport): string {
  expect(report.counts['KE-4']).toBe(0);
  expect(report.uploadLoop).toMatchObject({ state: 'idle', refusals: 0, spared: 0 });
  expect(['healthy', 'first-run']).toContain(report.cryptoStore?.verdict);
  // An upload with a lost answer counts as failed, and newer SDK releases upload until the server's limit.
  const isOwn = ({ detail }: (typeof report.entries)[0]) =>
    detail.kind === 'upload-failed' && [null, 'M_TOO_LARGE'].includes(detail.errcode);
  const kinds = report.entries.filter((entry) => !isOwn(entry)).map(({ detail }) => detail.kind);
  expect(kinds.filter((kind) => !['to-device-opened', 'undecryptable'].includes(kind))).toEqual([]);
  // The page is young, so the absence of failed decryptions proves nothing yet. There was no call.
  return expectDiagnosis(report, {
    'ke1-trigger': { verdict: report.uploadLoop.accepted > 0 && !report.uploadLoop.failing ? 'ruled-out' : 'unknown' },
    'ke2-after-ke1': { verdict: 'not-applicable' },
    'ke3-malformed': { verdict: kinds.includes('undecryptable') ? 'ruled-out' : 'unknown' },
    'ke4-slow-homeserver': { verdict: 'not-applicable' },
    'crypto-store': { verdict: 'ruled-out' },
  });
}

const bodies = ({ page }: Device, roomId: string) =>
  page.evaluate(async (id) => (await window.lab.read(id)).map(({ body }) => body), roomId);

test('two users who chat, reload and restore a key backup on a second device have no fault', async ({ lab, logIn }) => {
  const [alice, bob] = [await lab.register('alice'), await lab.register('bob')];
  const first = await logIn(alice);
  const recoveryKey = await first.page.evaluate(() => window.lab.setUpBackup());
  const other = await logIn(bob);
  const roomId = await first.page.evaluate((id) => window.lab.createRoom([id]), bob.userId);
  await other.page.evaluate((id) => window.lab.join(id), roomId);

  const sent: string[] = [];
  for (let round = 1; round <= 2; round++) {
    for (const [device, name] of [
      [first, 'Alice'],
      [other, 'Bob'],
    ] as const) {
      sent.push(`${name}, ${round}`);
      await device.page.evaluate(([id, text]) => window.lab.send(id, text), [roomId, sent.at(-1) ?? ''] as const);
      for (const reader of [first, other]) await expect.poll(() => bodies(reader, roomId)).toEqual(sent);
    }
    for (const { page } of [first, other]) {
      await load(page);
      await synced(page);
    }
  }

  const second = await logIn(alice);
  // The first device backs a key up with some delay.
  const restored = async () => {
    await second.page.evaluate((key) => window.lab.restoreBackup(key), recoveryKey);
    return bodies(second, roomId);
  };
  await expect.poll(restored, { timeout: 40_000 }).toEqual(sent);

  expect(refusedAsExisting(await lab.uploads())).toEqual([]);
  for (const { page, userId, deviceId } of [first, other, second]) {
    const report = await reportOf(page);
    expect(report).toMatchObject({ userId, deviceId, cryptoReady: true });
    // In a page loaded a moment ago it is not known yet whether uploads are accepted; and the second device received
    // messages before their keys.
    expect(expectNoFault(report)).toMatch(FINE);
  }
});

test('a repeated upload after a lost answer is no fault', async ({ lab, logIn }) => {
  await lab.setRules([{ method: 'POST', path: '/keys/upload$', times: 1, fault: { kind: 'swallow' } }]);
  const { page } = await logIn(await lab.register('lost'));
  // The second upload is the repetition, and the client must receive its answer.
  await expect.poll(async () => withOneTimeKeys(await lab.uploads())[1]?.status, { timeout: 40_000 }).toBe(200);
  await uploadAccepted(page, lab);
  const [lost, again] = withOneTimeKeys(await lab.uploads());
  expect(lost).toMatchObject({ fault: 'swallow', status: 200 });
  expect(again?.publicKeys).toEqual(lost?.publicKeys);
  const report = await reportOf(page);
  expect(report.uploadLoop.accepted).toBeGreaterThan(0);
  expect(expectNoFault(report)).toMatch(FINE);
});
