// The roll call in a browser that does not play along; the tabs themselves are in the end-to-end tests.
import { afterEach, expect, it, vi } from 'vitest';

import { createTabs } from '../../pkg-glue/src/tabs';

afterEach(() => void vi.unstubAllGlobals());

const create = () =>
  createTabs(
    () => undefined,
    () => ({ counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 }, entries: [] }) as never,
    () => {},
  );

it('where the others were not asked, or cannot be, it is not known how many there are', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  const tabs = create();
  expect(tabs.summary()).toEqual({ role: null, count: null });
  tabs.enter();
  await tabs.call();
  expect(tabs.summary()).toEqual({ role: null, count: null });
  expect(tabs.status()?.error).toContain('other tabs cannot be asked');
});

it('an error is over with the next roll that can be called', async () => {
  let broken = true;
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      postMessage() {
        if (broken) throw new Error('closed');
      }
    },
  );
  const tabs = create();
  await tabs.call();
  expect([tabs.status()?.error, tabs.summary().count]).toEqual(['closed', null]);
  broken = false;
  await tabs.call();
  expect([tabs.status()?.error, tabs.summary().count]).toEqual([null, 1]);
});
