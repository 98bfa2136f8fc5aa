// The roll call in a browser that does not play along; the tabs themselves are in the end-to-end tests.
import { afterEach, expect, it, vi } from 'vitest';

import { createTabs } from '../../pkg-glue/src/tabs';
import { start } from './started';

afterEach(() => void vi.unstubAllGlobals());

const counts = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
const create = () =>
  createTabs(
    () => undefined,
    () => ({ counts, entries: [] }) as never,
    (text) => text,
    () => {},
    start,
  );

it('where the others were not asked, or cannot be, it is not known how many there are', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  const tabs = create();
  expect(tabs.summary()).toEqual({ role: null, count: null, leaderSilent: false });
  tabs.enter();
  await tabs.call();
  expect(tabs.summary()).toEqual({ role: null, count: null, leaderSilent: false });
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

it('of a leader that was closed the next one tells; what it said last and is heard late drops nobody', async () => {
  const tabs = create();
  const others = new BroadcastChannel('lotus-crypto-diag/roll-call');
  const says = (kind: string, id: string, role: string, second: number) => {
    const since = `2026-01-01T00:00:0${second}.000Z`;
    const tab = { id, thisTab: true, role, since, opened: since, visible: null, counts, entries: [] };
    others.postMessage(JSON.stringify({ version: 2, kind, from: id, session: null, tab }));
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

it('however many tabs a script names, 64 are kept, and greeted a few times a second; each of them may go', async () => {
  const tabs = create();
  const others = new BroadcastChannel('lotus-crypto-diag/roll-call');
  const said: string[] = [];
  others.onmessage = ({ data }) => said.push(JSON.parse(data).kind);
  const says = (kind: string, id: string) => {
    const tab = { id, thisTab: true, role: null, since: null, opened: '2026-01-01T00:00:00.000Z', visible: null };
    const text = JSON.stringify({ version: 2, kind, from: id, session: null, tab: { ...tab, counts, entries: [] } });
    others.postMessage(text);
  };
  try {
    tabs.enter();
    await tabs.call();
    for (let number = 0; number < 2_000; number++) says('news', `tab-${number}`);
    for (let number = 0; number < 2_000; number++) says('who', `tab-${number}`);
    await vi.waitFor(() => expect(tabs.summary().count).toBe(64));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const answers = said.filter((kind) => kind === 'here').length;
    expect(answers).toBeGreaterThan(0);
    // Not one for each of 4,000 messages, however slow the machine is.
    expect(answers).toBeLessThan(200);
    for (const { id } of tabs.status()?.tabs.slice(1) ?? []) says('bye', id);
    await vi.waitFor(() => expect(tabs.summary().count).toBe(1));
    // One that has its own id is no other tab.
    says('news', tabs.status()?.tabs[0]?.id ?? '');
    says('news', 'last');
    await vi.waitFor(() => expect(tabs.summary().count).toBe(2));
  } finally {
    others.close();
  }
});
