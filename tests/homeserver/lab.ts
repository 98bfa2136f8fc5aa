import { test as base } from '@playwright/test';

import { homeserver, lab } from './homeserver';

let labs = 0;

/** Playwright's, with a way to the homeserver of its own for each test. */
export const test = base.extend<{ lab: ReturnType<typeof lab> & Pick<typeof homeserver, 'register' | 'query'> }>({
  // biome-ignore lint/correctness/noEmptyPattern: what Playwright asks for.
  lab: async ({}, use, { workerIndex }) => {
    labs += 1;
    const { register, query } = homeserver;
    await use({ ...lab(`w${workerIndex}-${labs}-${Date.now().toString(36)}`), register, query });
  },
});

export { expect } from '@playwright/test';
