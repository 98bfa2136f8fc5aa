import type { Page } from '@playwright/test';

import { login, uploadAccepted, withOneTimeKeys } from './client';
import { expect, test } from './lab';

const GATE = 'http://127.0.0.1:4199/gate.html';

const isReady = (page: Page) => expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true');

/** Somebody claims one-time keys of a device, so that it has to upload new ones. */
async function claim(baseUrl: string, claimer: { userId: string; password: string }, of: Record<string, string>) {
  const send = async (path: string, body: unknown, token?: string) => {
    const answer = await fetch(`${baseUrl}/_matrix/client/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const identifier = { type: 'm.id.user', user: claimer.userId };
  const { access_token } = await send('login', { type: 'm.login.password', identifier, password: claimer.password });
  return async () => {
    const { userId = '', deviceId = '' } = of;
    const answer = await send(
      'keys/claim',
      { one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } },
      access_token,
    );
    return Object.keys(answer.one_time_keys[userId][deviceId])[0];
  };
}

test('behind the gate, one tab opens the crypto store, the next starts when it closes, and every upload is accepted', async ({
  context,
  page,
  lab,
}) => {
  const ids = await login(page, lab.baseUrl, await lab.register('gate'));
  await uploadAccepted(page, lab);
  const claimOne = await claim(lab.baseUrl, await lab.register('claimer'), ids);
  /** A reload from the sync store makes the client upload a second set of keys: it takes some claims until it needs more. */
  const provokeUpload = async () => {
    const count = async () => withOneTimeKeys(await lab.uploads()).length;
    const before = await count();
    await expect(async () => {
      for (let i = 0; i < 20; i++) await claimOne();
      expect(await count()).toBeGreaterThan(before);
    }).toPass({ timeout: 30_000 });
  };
  await page.goto(GATE);
  await isReady(page);

  const second = await context.newPage();
  await second.goto(GATE);
  await expect(second.getByRole('heading', { name: 'Lotus is open in another tab' })).toBeVisible();
  for (let round = 0; round < 3; round++) await provokeUpload();
  expect(await second.evaluate(() => window.opened)).toEqual([]);
  expect(await page.evaluate(() => window.opened)).toContain('matrix-js-sdk::matrix-sdk-crypto');

  await page.close();
  await isReady(second);
  await provokeUpload();
  const refused = (await lab.uploads()).filter(({ status }) => status !== 200 && status !== 0);
  expect(refused).toEqual([]);
  expect(await second.evaluate(() => window.lib.getSnapshot().cryptoStore?.verdict)).toBe('healthy');
});

test('use it here: the other tab shuts its client down and shows the screen, unless it is in a call', async ({
  context,
  page,
  lab,
}) => {
  await login(page, lab.baseUrl, await lab.register('here'));
  await page.goto(GATE);
  await isReady(page);
  const second = await context.newPage();
  await second.goto(GATE);
  const here = second.getByRole('button', { name: 'Use it here' });

  await page.evaluate(() => {
    window.busy = 'in a call';
  });
  await here.click();
  await expect(second.getByText('The other tab goes on: in a call.')).toBeVisible();
  await isReady(page);

  await page.evaluate(() => {
    delete window.busy;
  });
  await here.focus();
  await second.keyboard.press('Enter');
  await isReady(second);
  await expect(page.getByRole('heading', { name: 'Lotus is open in another tab' })).toBeVisible();
  expect(await page.evaluate(() => window.lab.client)).toBeUndefined();
  await expect(second.getByTestId('crypto-diagnostics')).toContainText('This tab holds the encryption keys. 2 tabs');
});
