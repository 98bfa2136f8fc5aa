// Plays each session, and records what is logged and uploaded.
import type { BrowserContext } from '@playwright/test';

import { type Device, login, uploadAccepted } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { CALLS } from './calls';
import { recorder } from './recorder';
import type { Product } from './session';
import { SESSIONS } from './sessions';

for (const [scenario, play] of Object.entries({ ...SESSIONS, ...CALLS })) {
  test(`recorded: ${scenario}`, async ({ browser, lab }) => {
    const recording = recorder(scenario);
    const devices: Device[] = [];
    const contexts: BrowserContext[] = [];
    let product: Product | undefined;
    const openPage = async () => {
      const context = await browser.newContext();
      contexts.push(context);
      await recording.watch(context, String.fromCharCode(64 + contexts.length));
      return context.newPage();
    };
    await play({
      lab,
      openPage,
      other: async () => connect(lab.baseUrl, await lab.register('other')),
      async open(account) {
        const page = await openPage();
        const before = (await lab.uploads()).length;
        const device = { page, ...(await login(page, lab.baseUrl, account ?? (await lab.register(scenario)))) };
        devices.push(device);
        // Another device may be refused all the time.
        const accepted = async () => (await lab.uploads()).slice(before).filter(({ status }) => status === 200);
        await uploadAccepted(page, { uploads: accepted });
        return device;
      },
      chapter: recording.chapter,
      hasLogged: recording.hasLogged,
      loggedBy(other) {
        product = other;
      },
    });
    const version = await devices[0]?.page.evaluate(() => window.lab.sdkVersion);
    product ??= version ? { name: '', version, prefix: '' } : undefined;
    if (!product) throw new Error('nothing says what was recorded');
    // Wait for a moment without an upload in progress.
    const underWay = async () => (await lab.uploads()).filter(({ status, ms }) => !status && !ms).length;
    await expect.poll(underWay, { timeout: 40_000 }).toBe(0);
    recording.save(product, await lab.uploads());
    for (const context of contexts) await context.close();
  });
}
