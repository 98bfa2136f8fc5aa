import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { comparedStore, reportOf, uploadAccepted, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { createSharedRoom, restoreOlderStore, sendMediaKey } from './actions';
import { expectDiagnosis } from './diagnosis';

const unopened = ({ entries }: CryptoDiagReport) =>
  entries.filter(({ ke, detail }) => ke === 'KE-2' && detail.kind === 'to-device-unopened');

test('after refusals, a media key encrypted with a lost one-time key cannot be decrypted', async ({ lab, logIn }) => {
  const victim = await logIn(await lab.register('victim'));
  const sender = await logIn(await lab.register('sender'));
  const roomId = await createSharedRoom(sender, victim);
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  await uploadAccepted(victim.page, lab);
  await comparedStore(victim.page);
  const before = await restoreOlderStore(lab, victim, claimer);
  const lost = new Set(withOneTimeKeys((await lab.uploads()).slice(0, before)).at(-1)?.oneTimeKeys);
  // The server hands out the oldest keys first: once it hands out a key that the store does not know, so is the next
  // one.
  await expect(async () => expect(lost).toContain(await claimer.claim(victim))).toPass({ intervals: [10] });
  const report = () => reportOf(victim.page);
  await expect.poll(async () => (await report()).uploadLoop.state, { timeout: 40_000 }).toBe('looping');

  // The message brings its own room key, which is lost in the same way.
  await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
  expect(await sendMediaKey(sender, victim)).toBe(true);
  const lines = async () => unopened(await report()).reduce((sum, { count }) => sum + count, 0);
  await expect.poll(lines, { timeout: 20_000 }).toBe(2);
  const last = await report();
  expect(last.counts['KE-1']).toBeGreaterThanOrEqual(3);
  expect(unopened(last).map(({ detail }) => detail)).toContainEqual(
    expect.objectContaining({ sender: sender.userId, reason: expect.stringMatching(/MissingOneTimeKey/) }),
  );
  expectDiagnosis(last, {
    'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
    'ke2-after-ke1': { verdict: 'likely', conclusion: 'dead-key-claimed' },
  });
});

test('a damaged media key cannot be decrypted on a healthy device without refused uploads', async ({ lab, logIn }) => {
  const receiver = await logIn(await lab.register('receiver'));
  await uploadAccepted(receiver.page, lab);
  const sender = await logIn(await lab.register('sender'));
  const roomId = await createSharedRoom(sender, receiver);
  await sender.page.evaluate((id) => window.lab.send(id, 'in the call?'), roomId);
  expect(await sendMediaKey(sender, receiver, true)).toBe(true);
  const report = () => reportOf(receiver.page);
  await expect.poll(async () => unopened(await report()), { timeout: 20_000 }).toHaveLength(1);
  const last = await report();
  expect(last.counts['KE-1']).toBe(0);
  expectDiagnosis(last, {
    'otk-divergence': { verdict: 'ruled-out', conclusion: 'not-seen' },
    'ke2-after-ke1': { verdict: 'ruled-out' },
  });
  expect(last.uploadLoop).toMatchObject({ state: 'idle', refusals: 0 });
  expect(unopened(last)).toMatchObject([{ detail: { sender: sender.userId } }]);

  // An intact key is not mistaken for a fault.
  expect(await sendMediaKey(sender, receiver)).toBe(true);
  const opened = async () => (await report()).entries.filter(({ detail }) => detail.kind === 'to-device-opened');
  await expect.poll(opened, { timeout: 20_000 }).toMatchObject([{ detail: { sender: sender.userId } }]);
});
