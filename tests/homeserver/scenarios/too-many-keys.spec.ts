// SDK 41.7 passes a sync's to-device messages to rust-crypto without the counts of one-time keys. crypto-wasm from 18.5
// on takes that as none left: it uploads fifty more after each message, up to the 500 that Synapse accepts. SDK 43
// passes both.
import type { Page } from '@playwright/test';

import {
  type Account,
  comparedStore,
  type Device,
  GATE,
  load,
  nextSync,
  reportOf,
  synced,
  uploadAccepted,
  withOneTimeKeys,
} from '../client';
import type { homeserver } from '../homeserver';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { expectDiagnosis } from './diagnosis';

/** Counts the SDK's attempts, whether or not they leave the page: the SDK looks `fetch` up for each call. */
async function countTries(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = Object.assign(window, { tries: 0 });
    const { fetch } = window;
    window.fetch = (input, init) => {
      const isUpload = String(input).endsWith('/keys/upload') && String(init?.body).includes('"one_time_keys"');
      if (isUpload) counted.tries += 1;
      return fetch(input, init);
    };
  });
  return () => page.evaluate(() => (window as unknown as { tries: number }).tries);
}

type LabAccess = Pick<typeof homeserver, 'baseUrl' | 'register' | 'uploads'>;

/**
 * A device with its first keys on the server, and a user who sends it messages; `uploads` returns the uploads since
 * then.
 */
async function openFloodedDevice(lab: LabAccess, logIn: (account: Account) => Promise<Device>) {
  const { page, ...device } = await logIn(await lab.register('flooded'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  const sender = await connect(lab.baseUrl, await lab.register('sender'));
  const before = withOneTimeKeys(await lab.uploads()).length;
  const uploads = async () => withOneTimeKeys(await lab.uploads()).slice(before);
  const send = () => sender.sendToDevice(device, 'm.dummy', {});
  /** Sends a message, and waits for the upload with which the device answers. */
  const provoke = async () => {
    const count = (await uploads()).length;
    await send();
    const isAnswered = async () => (await uploads()).slice(count).some(({ status }) => status !== 0);
    await expect.poll(isAnswered, { message: 'an upload after the message', timeout: 40_000 }).toBe(true);
  };
  return { page, device, uploads, send, provoke, loop: async () => (await reportOf(page)).uploadLoop };
}

const isNewest = (project: string) => project.endsWith('newest');
const PROMPT = 'The encryption of this device is broken';

test('fifty new keys after each to-device message are reported as too many, before and after M_TOO_LARGE, and not held back', async ({
  lab,
  logIn,
}, { project }) => {
  test.skip(isNewest(project.name), 'this SDK does not pile up keys');
  test.setTimeout(240_000);
  const { page, device, uploads, provoke, loop } = await openFloodedDevice(lab, logIn);
  const countOfTries = await countTries(page);

  for (let sent = 0; sent < 6; sent++) await provoke();
  expect(new Set((await uploads()).map(({ status }) => status))).toEqual(new Set([200]));
  await expect.poll(async () => (await loop()).surplus?.held ?? 0).toBeGreaterThan(300);
  const stormy = await reportOf(page);
  expect(stormy.uploadLoop).toMatchObject({ state: 'idle', refusals: 0, failing: null });
  expect(stormy.uploadLoop.surplus?.uploads).toBeGreaterThanOrEqual(6);
  expect(stormy.uploadLoop.surplus?.keys).toBeGreaterThanOrEqual(300);
  const [row] = await lab.query<{ keys: number }>(
    'SELECT count(*) AS keys FROM e2e_one_time_keys_json WHERE user_id = ? AND device_id = ?',
    device.userId,
    device.deviceId,
  );
  expect(stormy.uploadLoop.surplus?.held).toBe(Number(row?.keys));
  expectDiagnosis(stormy, {
    'key-uploads': { verdict: 'likely', conclusion: 'too-many-keys' },
    'otk-divergence': { verdict: 'ruled-out' },
  });

  const refused = async () => (await uploads()).filter(({ status }) => status === 400);
  while ((await refused()).length === 0) await provoke();
  // More than enough for a loop that would open the breaker.
  for (let sent = 0; sent < 5; sent++) await provoke();
  const isReported = async () => {
    const { failing } = await loop();
    return failing !== null && failing.count === (await refused()).length;
  };
  await expect.poll(isReported).toBe(true);
  const full = await reportOf(page);
  const answers = await refused();
  expect(answers.length).toBeGreaterThanOrEqual(6);
  for (const { response } of answers) expect(JSON.parse(response ?? '').errcode).toBe('M_TOO_LARGE');
  expect(full.uploadLoop).toMatchObject({ state: 'idle', refusals: 0, spared: 0, probes: 0, refusal: null });
  expect(full.uploadLoop.failing).toMatchObject({ httpStatus: 400, errcode: 'M_TOO_LARGE' });
  expect(new Set(full.entries.map(({ detail }) => detail.kind))).toEqual(new Set(['upload-failed']));
  // Every attempt of the SDK has reached the server.
  await expect.poll(async () => (await uploads()).length - (await countOfTries())).toBe(0);
  const summary = expectDiagnosis(full, {
    'key-uploads': { verdict: 'confirmed', conclusion: 'too-many-keys' },
    'otk-divergence': { verdict: 'unknown', conclusion: null },
    'ke1-trigger': { conclusion: null },
  });
  expect(summary).toMatch(/^Confirmed: the client uploads more one-time keys/);
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toBeNull();

  // Also in the next page, in which no upload was accepted: no app may offer a fix that costs the user a device.
  await load(page, GATE);
  await expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
  await synced(page);
  for (let sent = 0; sent < 4; sent++) await provoke();
  await expect.poll(async () => (await loop()).failing?.count ?? 0).toBeGreaterThanOrEqual(3);
  expect(await loop()).toMatchObject({ state: 'idle', refusals: 0, spared: 0, accepted: 0 });
  expectDiagnosis(await reportOf(page), { 'key-uploads': { verdict: 'confirmed', conclusion: 'too-many-keys' } });
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toBeNull();
  await expect(page.getByRole('region', { name: PROMPT })).toHaveCount(0);
});

test('with an SDK that passes messages and key counts together, to-device messages cause no upload', async ({
  lab,
  logIn,
}, { project }) => {
  test.skip(!isNewest(project.name), 'this SDK piles up keys');
  const { page, uploads, send, loop } = await openFloodedDevice(lab, logIn);
  const received = page.evaluate(
    (count) =>
      new Promise<void>((resolve) => {
        let remaining = count;
        window.lab.client?.on('receivedToDeviceMessage' as never, (() => --remaining === 0 && resolve()) as never);
      }),
    6,
  );
  // One sync each: messages that arrive together cause one upload.
  for (let sent = 0; sent < 6; sent++) {
    await send();
    await nextSync(page);
  }
  await received;
  await nextSync(page);
  expect(await uploads()).toEqual([]);
  expect(await loop()).toMatchObject({ state: 'idle', accepted: 1, failing: null, surplus: null });
  expectDiagnosis(await reportOf(page), { 'key-uploads': { verdict: 'ruled-out' } });
});
