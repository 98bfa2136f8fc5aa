// A hostile script of the same origin sends arbitrary messages on the tabs' channels.
import { expect, type Page, test } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { readReport } from './report';
import { expectNoOverlap, openTabs, readLog, role } from './tabs';

const collect = async (page: Page): Promise<CryptoDiagReport> =>
  readReport(await page.evaluate(() => window.lib.collectCryptoDiagReport(undefined)));

/** Opens a page of the origin that is not a tab of the app. */
async function openHostile(page: Page): Promise<Page> {
  const hostile = await page.context().newPage();
  await hostile.goto('/bare.html');
  return hostile;
}

test('forged roll call messages do not prevent a report with a diagnosis and are not in it', async ({ context }) => {
  const [first] = await openTabs(context, 'first', 'second');
  const pageErrors: string[] = [];
  context.on('weberror', (error) => pageErrors.push(String(error.error())));
  const hostile = await openHostile(first);
  await hostile.evaluate(() => {
    const channel = new BroadcastChannel('lotus-crypto-diag/roll-call');
    const counts = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
    const opened = '2026-11-24T00:13:36.042Z';
    const good = { id: 'forged', thisTab: true, role: null, since: null, opened, visible: true, counts, entries: [] };
    const cycle: Record<string, unknown> = { ...good };
    cycle['entries'] = [cycle];
    const tabs: unknown[] = [
      ...[{ ...good, extra: 1n }, cycle, { ...good, opened: 'yesterday' }, { ...good, role: 'king' }, { id: 'forged' }],
      ...[
        { ...good, counts: 1n },
        { ...good, entries: 'x' },
        { ...good, entries: [1n] },
        { ...good, visible: new Map() },
      ],
    ];
    let floods = 0;
    const flood = () => {
      floods += 1;
      if (floods > 20) return;
      for (const [version, tab] of [1, 2, 3].flatMap((number) => tabs.map((tab) => [number, tab] as const))) {
        const message = { version, kind: 'here', from: 'forged', session: 'session', tab };
        channel.postMessage(message);
        try {
          channel.postMessage(JSON.stringify(message));
        } catch {
          // JSON.stringify throws for a cycle and for a BigInt.
        }
      }
      for (const odd of [undefined, null, 1n, '', '{', new Date(), new Map(), new Error('x')]) channel.postMessage(odd);
    };
    channel.onmessage = flood;
    flood();
    channel.postMessage('x'.repeat(50_000_000));
    Object.assign(window, { flood });
  });
  const collected = await collect(first);
  await hostile.evaluate('flood()');
  const built = readReport(await first.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  for (const report of [collected, built]) {
    expect(report.tabs?.tabs).toHaveLength(2);
    expect(report.notes.join()).not.toContain('failed');
    expect(report.diagnosis).not.toBeNull();
  }
  expect(pageErrors).toEqual([]);
});

test('at most 64 forged tabs are kept, without their secrets, and are answered a few times a second', async ({
  context,
}) => {
  const [first] = await openTabs(context, 'first');
  const hostile = await openHostile(first);
  await hostile.evaluate(() => {
    const channel = new BroadcastChannel('lotus-crypto-diag/roll-call');
    const replies: unknown[] = [];
    channel.onmessage = ({ data }) => replies.push(data);
    const counts = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
    const ts = '2026-11-24T00:13:36.042Z';
    const detail = { kind: 'clue' };
    const entry = {
      ...{ ts, level: 'warn', ke: 'KE-1', signature: 'already exists', message: 'syt_s3cret already exists', detail },
      ...{ truncated: false, source: 'window', count: 1, firstTs: ts, lastTs: ts },
    };
    const say = (id: string) => {
      const tab = { id, thisTab: true, role: null, since: null, opened: ts, visible: true, counts, entries: [entry] };
      for (const version of [1, 2]) {
        const message = { version, kind: 'news', from: id, session: 'session', tab };
        channel.postMessage(version === 1 ? message : JSON.stringify(message));
      }
    };
    for (let number = 0; number < 5_000; number++) say(`forged-${number}`);
    Object.assign(window, { replies });
  });
  await expect.poll(() => first.evaluate(() => window.lib.getSnapshot().tabs.count)).toBe(64);
  await first.waitForTimeout(1_500);
  expect(await hostile.evaluate('replies.length')).toBeLessThan(40);
  await hostile.close();
  const text = await first.evaluate(() => window.lib.collectCryptoDiagReport(undefined));
  expect(text).not.toContain('s3cret');
  expect(readReport(text).diagnosis).not.toBeNull();
});

test('forged election messages end no call, one tab leads, and a take-over still works', async ({ context }) => {
  const [first, second] = await openTabs(context, 'first', 'second');
  const pageErrors: string[] = [];
  context.on('weberror', (error) => pageErrors.push(String(error.error())));
  await first.evaluate(() => {
    window.busy = 'in a call';
  });
  const hostile = await openHostile(first);
  const ids = await Promise.all(
    [first, second].map(async (page) => (await collect(page)).tabs?.tabs.find(({ thisTab }) => thisTab)?.id ?? ''),
  );
  await hostile.evaluate(async (known) => {
    const channel = new BroadcastChannel('lotus-crypto-diag/leader/session');
    const every = [...known, 'nobody', 'a b', '', 'x'.repeat(1_000_000)];
    for (let round = 0; round < 20; round++) {
      for (const kind of ['ask', 'heard', 'refused', 'yours', 'ready', 'leading', 'unknown']) {
        for (const to of every) channel.postMessage(`${kind} ${to} ${every[round % every.length]}`);
        channel.postMessage({ kind });
      }
      // Dated one minute ago.
      channel.postMessage(`ask nobody ${Date.now() - 60_000}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, ids);
  expect(await Promise.all([first, second].map(role))).toEqual(['leader', 'follower']);
  expect((await readLog(hostile)).map(({ what }) => what)).not.toContain('shutting down');
  await first.evaluate(() => {
    delete window.busy;
  });
  await expect
    .poll(() => second.evaluate(async () => (await window.leadership.takeOver()).granted), { timeout: 30_000 })
    .toBe(true);
  expect(await Promise.all([first, second].map(role))).toEqual(['follower', 'leader']);
  await expectNoOverlap(() => readLog(hostile));
  expect(pageErrors).toEqual([]);
});
