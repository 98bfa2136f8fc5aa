import { type Browser, type BrowserContextOptions, test as base, type Page } from '@playwright/test';

import { type Artefacts, watch } from './artefacts';
import { type Account, type Device, login } from './client';
import { homeserver, lab } from './homeserver';

let labs = 0;

interface Fixtures {
  /** A way to the homeserver of the test's own. */
  lab: ReturnType<typeof lab> & Pick<typeof homeserver, 'register' | 'query' | 'oldKey'>;
  /** A device in a browser profile of its own, logged in and in step with the server. */
  logIn(account: Account): Promise<Device>;
}

/** Playwright's, with a homeserver; a test that fails leaves what the clients and the server said. */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: what Playwright asks for.
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

async function openProfile(browser: Browser, way: Fixtures['lab'], options?: BrowserContextOptions): Promise<Profile> {
  const context = await browser.newContext(options);
  const artefacts = watch(context, way);
  return { page: await context.newPage(), artefacts };
}

export { expect } from '@playwright/test';
