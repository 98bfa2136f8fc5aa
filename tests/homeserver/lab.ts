import { type Browser, type BrowserContextOptions, test as base, type Page } from '@playwright/test';

import { type Artefacts, watch } from './artefacts';
import { type Account, type Device, login } from './client';
import { homeserver, lab } from './homeserver';

let labs = 0;

interface Fixtures {
  /** The test's own path to the homeserver. */
  lab: ReturnType<typeof lab> & Pick<typeof homeserver, 'register' | 'query' | 'oldKey'>;
  /** Logs a device in, in a new browser profile, and waits until it has synced. */
  logIn(account: Account): Promise<Device>;
}

/** Playwright's `test` with a homeserver; a failed test saves the logs of the clients and the server. */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured parameter.
  lab: async ({}, use, { workerIndex }) => {
    labs += 1;
    const { register, query, oldKey } = homeserver;
    await use({ ...lab(`w${workerIndex}-${labs}-${Date.now().toString(36)}`), register, query, oldKey });
  },
  context: async ({ context, lab }, use, info) => {
    const artefacts = watch(context, lab);
    await use(context);
    await artefacts.keepIfFailed(info, 'context');
  },
  logIn: async ({ browser, lab }, use, info) => {
    const profiles: Profile[] = [];
    await use(async (account) => {
      const profile = await openProfile(browser, lab);
      profiles.push(profile);
      return { page: profile.page, ...(await login(profile.page, lab.baseUrl, account)) };
    });
    for (const [index, { page, artefacts }] of profiles.entries()) {
      await artefacts.keepIfFailed(info, `client-${index + 1}`);
      await page.context().close();
    }
  },
});

interface Profile {
  page: Page;
  artefacts: Artefacts;
}

async function openProfile(
  browser: Browser,
  testLab: Fixtures['lab'],
  options?: BrowserContextOptions,
): Promise<Profile> {
  const context = await browser.newContext(options);
  const artefacts = watch(context, testLab);
  return { page: await context.newPage(), artefacts };
}

export { expect } from '@playwright/test';
