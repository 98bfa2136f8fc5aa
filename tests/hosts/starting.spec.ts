// A tab that is active but has not started its client yet.

import { expect, test } from '../homeserver/lab';
import { client, collectClientOverlaps, deviceOf, gate, hereButton, logIn } from './app-page';

test('a tab refuses to hand over while its client is starting, and hands over afterwards', async ({
  context,
  page,
  lab,
}) => {
  const found = collectClientOverlaps(context);
  await lab.setRules([{ path: '/sync$', fault: { kind: 'delay', ms: 15_000 } }]);
  // Resolves when the client has started.
  const login = logIn(page, lab.baseUrl, await lab.register('starting'));
  await expect(async () => expect((await deviceOf(page)).deviceId).not.toBe('')).toPass();
  const second = await context.newPage();
  await second.goto('/');
  await hereButton(second).click();
  await expect(second.getByText('The other tab stays active: it is still starting.')).toBeVisible();
  await expect(client(page)).toBeHidden();

  await lab.clearRules();
  await login;
  await hereButton(second).click();
  await expect(client(second)).toBeVisible({ timeout: 30_000 });
  await expect(gate(page)).toBeVisible();
  expect(found).toEqual([]);
});
