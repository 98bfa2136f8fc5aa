import { setTimeout as sleep } from 'node:timers/promises';

import type { Page } from '@playwright/test';

import { GATE, load, login, refusedAsExisting, reportOf, synced, uploadAccepted } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { provokeUpload } from './actions';
import { expectDiagnosis } from './diagnosis';

const isReady = (page: Page) => expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true');

test('for two tabs on one store without a gate, the reports contain refusals if and only if the server refused uploads', async ({
  context,
  page,
  lab,
}) => {
  const device = await login(page, lab.baseUrl, await lab.register('two-tabs'));
  await uploadAccepted(page, lab);
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  // As on any day but the first: the store exists before the tabs.
  await load(page);
  await synced(page);
  const second = await context.newPage();
  await load(second);
  await synced(second);
  for (let round = 0; round < 3; round++) await provokeUpload(lab, claimer, device);
  // The second tab retries with one of its next syncs.
  const isRefused = async () => refusedAsExisting(await lab.uploads()).length > 0;
  for (let waited = 0; waited < 15 && !(await isRefused()); waited++) await sleep(1000);
  await synced(page);

  const refused = refusedAsExisting(await lab.uploads());
  const reports = await Promise.all([page, second].map(reportOf));
  const tabs = reports.map(({ uploadLoop }) => uploadLoop);
  const seen = tabs.map(({ state, refusals }) => `${state} (${refusals})`).join(', ');
  const description = `${refused.length} of ${(await lab.uploads()).length} uploads refused; the tabs: ${seen}`;
  test.info().annotations.push({ type: 'measured', description });
  console.log(`  two tabs without a gate: ${description}`);
  // It is a race: the reports must contain a refusal if and only if the server sent one.
  expect(reports.some(({ counts }) => counts['KE-1'] > 0)).toBe(refused.length > 0);
  for (const report of refused.length > 0 ? reports : []) {
    expectDiagnosis(report, {
      'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
      'ke1-trigger': { verdict: 'likely', conclusion: 'several-tabs' },
    });
  }
});

test('with the gate, only one tab at a time opens the crypto store, and every upload is accepted', async ({
  context,
  page,
  lab,
}) => {
  const device = await login(page, lab.baseUrl, await lab.register('gate'));
  await uploadAccepted(page, lab);
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  await page.goto(GATE);
  await isReady(page);

  const second = await context.newPage();
  await second.goto(GATE);
  await expect(second.getByRole('heading', { name: 'Lotus is open in another tab' })).toBeVisible();
  for (let round = 0; round < 3; round++) await provokeUpload(lab, claimer, device);
  expect(await second.evaluate(() => window.opened)).toEqual([]);
  expect(await page.evaluate(() => window.opened)).toContain('matrix-js-sdk::matrix-sdk-crypto');

  await page.close();
  await isReady(second);
  await provokeUpload(lab, claimer, device);
  expect(refusedAsExisting(await lab.uploads())).toEqual([]);
  const report = await reportOf(second);
  expect(report.counts['KE-1']).toBe(0);
  expect(report.uploadLoop).toMatchObject({ state: 'idle', refusals: 0 });
  expect(report.cryptoStore?.verdict).toBe('healthy');
});
