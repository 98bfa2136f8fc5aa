// Logging out and in with two tabs, as users do.

import { refusedAsExisting } from '../homeserver/client';
import { expect, test } from '../homeserver/lab';
import { connect } from '../homeserver/matrix-api';
import { provokeUpload } from '../homeserver/scenarios/actions';
import {
  client,
  collectClientOverlaps,
  deviceOf,
  gate,
  hereButton,
  logIn,
  loginForm,
  logOut,
  uncaught,
} from './app-page';

test('after a logout in the active tab, the waiting tabs show the login', async ({ context, page, lab }) => {
  const errors = uncaught(context);
  await logIn(page, lab.baseUrl, await lab.register('out'));
  const waiting = [await context.newPage(), await context.newPage()];
  for (const tab of waiting) {
    await tab.goto('/');
    await expect(gate(tab)).toBeVisible();
  }

  await logOut(page);
  for (const tab of [page, ...waiting]) await expect(loginForm(tab)).toBeVisible();
  expect(errors).toEqual([]);
});

test('after a logout and a login in one tab, another tab never runs a second client, and no key is refused', async ({
  context,
  page,
  lab,
}) => {
  // Synapse does not end a long poll of 30 s to report how few keys are left: each of the three rounds may take two
  // polls.
  test.setTimeout(300_000);
  const account = await lab.register('again');
  const claimer = await connect(lab.baseUrl, await lab.register('claimer'));
  const overlaps = collectClientOverlaps(context);
  await logIn(page, lab.baseUrl, account);
  const second = await context.newPage();
  await second.goto('/');
  await expect(gate(second)).toBeVisible();
  const { deviceId: before } = await deviceOf(page);
  await logOut(page);
  await expect(loginForm(page)).toBeVisible();
  await logIn(page, lab.baseUrl, account);
  expect((await deviceOf(page)).deviceId).not.toBe(before);

  // What the other tab offers: a retry if it could not load; the app's address if it shows the login.
  const retry = second.getByRole('button', { name: 'Retry' });
  if (await retry.isVisible()) await retry.click();
  else if (!(await gate(second).isVisible())) await second.goto('/');
  await expect(hereButton(second).or(client(second))).toBeVisible();
  if (await hereButton(second).isVisible()) {
    await hereButton(second).click();
    await expect(client(second)).toBeVisible();
    await expect(gate(page)).toBeVisible();
  }

  expect.soft(overlaps).toEqual([]);
  const device = await deviceOf(second);
  for (let round = 1; round <= 3; round++) {
    await provokeUpload(lab, claimer, device);
    expect(refusedAsExisting(await lab.uploads()), `round ${round}`).toEqual([]);
  }
  expect(overlaps).toEqual([]);
});
