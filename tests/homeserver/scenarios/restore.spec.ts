import { comparedStore, reportOf, uploadAccepted, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { restoreOlderStore } from './actions';
import { expectDiagnosis } from './diagnosis';

test('for a restored older store, the report names the refused key with the values of server and device', async ({
  lab,
  logIn,
}) => {
  const victim = await logIn(await lab.register('restored'));
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  await uploadAccepted(victim.page, lab);
  await comparedStore(victim.page);
  const before = await restoreOlderStore(lab, victim, claimer);
  const loop = async () => (await reportOf(victim.page)).uploadLoop;
  await expect.poll(loop, { timeout: 40_000 }).toMatchObject({ state: 'looping', breaker: 'open' });

  const report = await reportOf(victim.page);
  const { refusal, diverges } = report.uploadLoop;
  expect(diverges).toBe(true);
  const { keyId = '', oldKey, newKey } = refusal ?? {};
  const refused = withOneTimeKeys((await lab.uploads()).slice(before)).at(-1);
  expect(refused?.response).toContain(keyId);
  expect(newKey).toBe(refused?.publicKeys[keyId]);
  expect(oldKey).toBe(await lab.oldKey(victim, keyId));
  expect(oldKey).not.toBe(newKey);
  // Its identity is unchanged: only the refusals show the fault.
  expect(report.cryptoStore?.verdict).toBe('healthy');
  expect(report.counts['KE-1']).toBeGreaterThanOrEqual(3);
  // Tabs that shared the store earlier would look the same here.
  expectDiagnosis(report, {
    'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
    'ke1-trigger': { verdict: 'possible', conclusion: 'restored-store' },
  });
});
