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

it('of a leader that was closed the next one tells; one that hung, and does not know yet that it leads no more, drops nobody', async () => {
  const tabs = create();
  const others = new BroadcastChannel('lotus-crypto-diag/roll-call');
  const says = (kind: string, id: string, role: string, second: number) => {
    const tab = { id, role, since: `2026-01-01T00:00:0${second}.000Z` };
    others.postMessage({ version: 1, kind, from: id, session: null, tab });
  };
  const known = () => (tabs.status()?.tabs ?? []).slice(1).map(({ id }) => id);
  try {
    tabs.enter();
    await tabs.call();
    says('news', 'former', 'leader', 1);
    await vi.waitFor(() => expect(known()).toEqual(['former']));
    says('news', 'next', 'leader', 2);
    await vi.waitFor(() => expect(known()).toEqual(['next']));
    says('here', 'former', 'leader', 1);
    await vi.waitFor(() => expect(known()).toEqual(['next', 'former']));
  } finally {
    others.close();
  }
});
