// A call in the active tab, and another tab that wants to take over.

import { expect, test } from '../homeserver/lab';
import { call, client, gate, hereButton, logIn } from './app-page';

test('another tab cannot take over during a call and shows why; after the call it can', async ({
  context,
  page,
  lab,
}) => {
  await logIn(page, lab.baseUrl, await lab.register('call'));
  await page.getByRole('button', { name: 'Start call' }).click();
  const frame = await (await call(page).elementHandle())?.contentFrame();
  await frame?.evaluate(() => Object.assign(window, { isSameCall: true }));
  const second = await context.newPage();
  await second.goto('/');
  await hereButton(second).click();
  await expect(second.getByText(/The other tab stays active.*call/)).toBeVisible();
  await expect(client(page)).toBeVisible();
  expect(await frame?.evaluate(() => 'isSameCall' in window)).toBe(true);

  await page.getByRole('button', { name: 'End call' }).click();
  await expect(call(page)).toBeHidden();
  await hereButton(second).click();
  await expect(client(second)).toBeVisible();
  await expect(gate(page)).toBeVisible();
});
