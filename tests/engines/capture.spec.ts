// What the consoles of the engines have in common, and where they differ.
import { readdirSync, readFileSync } from 'node:fs';

import { expect, started, type Tab, test } from './driver/test';

const entries = (tab: Tab) => tab.evaluate(() => window.lib.getCryptoDiagEntries());
test('the line after the import is in the report', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/auto.html');
  await started(tab);
  const report = JSON.parse(await tab.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
  expect(report.status).toMatchObject({ state: 'running', reason: null });
  expect(report.entries[0]?.message).toBe('first line of the entry: x already exists');
});

test('Errors, DOMExceptions, format specifiers and objects are captured as readable text', async ({
  engineBrowser,
}) => {
  const tab = await engineBrowser.open('/bare.html');
  await started(tab);
  const messages = await tab.evaluate(() => {
    const undo = window.lib.installCryptoDiagLog();
    const frame = document.body.appendChild(document.createElement('iframe'));
    const other = frame.contentWindow as unknown as typeof globalThis;
    class AbortError extends Error {
      override name = 'AbortError';
    }
    const lines: unknown[][] = [
      [new Error('of this page: a already exists')],
      [new DOMException('of this page: b already exists', 'InvalidStateError')],
      [new other.Error('of a frame: c already exists')],
      [new other.DOMException('of a frame: d already exists', 'AbortError')],
      ['prefix', new Error('outer', { cause: new DOMException('the cause: e already exists', 'DataError') })],
      ['[MembershipManager] delayed event', new AbortError('Restart delayed event timed out')],
      ['%s is %d of %o: f already exists', 'x', 3.5, { deep: [1] }],
      ['g already exists', { code: 1, nested: { list: [1, 'two'] } }, null, undefined, 5n],
    ];
    for (const line of lines) console.error(...line);
    undo();
    return window.lib.getCryptoDiagEntries().map(({ message }) => message.split('\n')[0]);
  });
  expect(messages).toEqual([
    'Error: of this page: a already exists',
    'InvalidStateError: of this page: b already exists',
    'Error: of a frame: c already exists',
    'AbortError: of a frame: d already exists',
    'prefix Error: outer',
    '[MembershipManager] delayed event AbortError: Restart delayed event timed out',
    'x is 3 of {deep: [1]}: f already exists',
    'g already exists {code: 1, nested: {list: [1, "two"]}} null undefined 5n',
  ]);
});

test('every recorded line of real clients is recognised with its fault and kind', async ({ engineBrowser }) => {
  const folder = new URL('../fixtures/recorded/', import.meta.url);
  const tab = await engineBrowser.open('/bare.html');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl') && !name.startsWith('uploads-'));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const lines = readFileSync(new URL(file, folder), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const labels = lines.flatMap(({ label }) => (label ? [`${label.ke} ${label.kind}`] : []));
    await tab.reload();
    await started(tab);
    const kinds = await tab.evaluate(
      (texts) => {
        window.lib.installCryptoDiagLog();
        for (const text of texts) console.warn(text);
        return window.lib.getCryptoDiagEntries().map(({ ke, detail }) => `${ke} ${detail.kind}`);
      },
      lines.map(({ text }) => String(text)),
    );
    expect([...new Set(kinds)].sort(), file).toEqual([...new Set(labels)].sort());
  }
});

test('a storm of one fault pushes out no entry of another, and every line is counted', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open('/bare.html');
  await started(tab);
  await tab.evaluate(() => {
    console.error = () => {};
    window.lib.installCryptoDiagLog();
    console.error('MissingKey: missing key at index 1 for participant @b:hs:D');
    for (let i = 0; i < 20_000; i++) console.error(`${i} already exists`);
  });
  const kept = await entries(tab);
  expect(kept).toHaveLength(200);
  for (const line of [
    'MissingKey: missing key at index 1 for participant @b:hs:D',
    '0 already exists',
    '19999 already exists',
  ]) {
    expect(kept.map(({ message }) => message)).toContain(line);
  }
  expect(await tab.evaluate(() => window.lib.getSnapshot().counts)).toMatchObject({ 'KE-1': 20_000, 'KE-2': 1 });
});
