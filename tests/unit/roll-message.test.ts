// What other tabs say, and what another script of the origin may say in their place: whatever comes in, the model reads it.
import fc from 'fast-check';
import type { CryptoDiagReport, Tab } from 'lotus-crypto-diag';
import * as lib from 'lotus-crypto-diag';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';
import { expect, it } from 'vitest';

import { TAB } from '../../pkg-glue/src/generated/tab-shape';
import type { Shape } from '../../pkg-glue/src/parse-shape';
import { readMessage, writeMessage } from '../../pkg-glue/src/roll-message';

const MAX_MESSAGE = 256 * 1024;
const same = (text: string) => text;
const report: CryptoDiagReport = JSON.parse(lib.buildCryptoDiagReport());
/** Throws where the model does not read the tab. */
const judge = (tab: Tab) =>
  diagnoseReport(JSON.stringify({ ...report, tabs: { session: null, tabs: [tab], error: null } }));

/** Of four digits. */
const YEARS = { min: new Date('0000-01-01T00:00:00.000Z'), max: new Date('9999-12-31T23:59:59.999Z') };

/** Anything that fits a shape. */
function fitting(shape: Shape): fc.Arbitrary<unknown> {
  if (shape === 'text') return fc.string({ unit: 'grapheme' });
  if (shape === 'time') return fc.date({ ...YEARS, noInvalidDate: true }).map((date) => date.toISOString());
  if (shape === 'flag') return fc.boolean();
  if (typeof shape === 'number') return fc.oneof(fc.nat(9), fc.integer({ min: 0, max: shape }), fc.constant(shape));
  if ('maybe' in shape) return fc.option(fitting(shape.maybe));
  if ('optional' in shape) return fc.constant(undefined);
  if ('list' in shape) return fc.array(fitting(shape.list), { maxLength: 3 });
  if ('fields' in shape) return fields(shape.fields);
  if ('kinds' in shape) {
    const kinds = Object.entries(shape.kinds).map(([kind, of]) => fields(of).map((parts) => ({ kind, ...parts })));
    return fc.oneof(...kinds);
  }
  return fc.constantFrom(...shape);
}
const fields = (of: Readonly<Record<string, Shape>>) =>
  fc.record(Object.fromEntries(Object.entries(of).map(([name, shape]) => [name, fitting(shape)])));

const ID = 'other-1';
const tabs = fitting(TAB).map((tab): Tab => JSON.parse(JSON.stringify({ ...(tab as Tab), id: ID, thisTab: false })));
const news = (tab: unknown) => ({ kind: 'news' as const, from: ID, tab: tab as Tab });

it('every tab is read as it was written, and by the model, too', () => {
  fc.assert(
    fc.property(tabs, (tab) => {
      expect(readMessage(writeMessage(news(tab), 's'), 's', same)).toEqual(news(tab));
      judge(tab);
    }),
    { numRuns: 200 },
  );
}, 60_000);

const HOSTILE = [
  ...[
    null,
    true,
    'yesterday',
    '',
    'leader',
    '2026-02-30T00:00:00.000Z',
    '2026-11-24T00:13:36Z',
    '\ud800',
    'x'.repeat(17_000),
  ],
  ...[-1, 0.5, 65_536, 2 ** 32, 1e300, -0, [], {}, [[]], { kind: 'clue' }, { kind: '__proto__' }, { kind: 'toString' }],
];

it('whatever stands in place of whatever: what is let in, the model reads', () => {
  const paths = (value: unknown, path: string[] = []): string[][] => {
    const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return [...(path.length > 0 ? [path] : []), ...inner.flatMap(([name, part]) => paths(part, [...path, name]))];
  };
  const put = (tab: Tab, path: string[], value: unknown) => {
    const copy = structuredClone(tab);
    let at = copy as unknown as Record<string, unknown>;
    for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
    const last = path.at(-1) as string;
    if (value === undefined) delete at[last];
    else at[last] = value;
    return copy;
  };
  let refused = 0;
  let letIn = 0;
  fc.assert(
    fc.property(tabs, fc.nat(), fc.constantFrom(...HOSTILE, undefined), (tab, at, value) => {
      const places = paths(tab);
      const hostile = put(tab, places[at % places.length] as string[], value);
      const message = readMessage(JSON.stringify({ version: 2, session: null, ...news(hostile) }), null, wellFormed);
      if (message && 'tab' in message) {
        letIn += 1;
        judge(message.tab);
      } else refused += 1;
    }),
    { numRuns: 1000 },
  );
  // Of both there were many.
  expect(Math.min(refused, letIn)).toBeGreaterThan(20);
}, 60_000);

/** As the wasm hands a text back: with no half of a character in it. */
const wellFormed = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));

it('what no tab wrote is ignored, and nothing of it throws', () => {
  const tab = fc.sample(tabs, { numRuns: 1, seed: 1 })[0] as Tab;
  const good = { version: 2, session: null, ...news(tab) };
  const cycle: Record<string, unknown> = { ...good };
  cycle['tab'] = cycle;
  const hostile: unknown[] = [
    ...[undefined, null, 1n, 1, true, '', '{', '[]', 'null', '"x"', Symbol.iterator, () => good, new Date(), new Map()],
    ...[good, { ...good, tab: { ...tab, id: 1n } }, cycle, new Proxy(good, { get: () => expect.fail() })],
    ...[1, 3, '2', null].map((version) => JSON.stringify({ ...good, version })),
    ...['x y', 'x'.repeat(65), '', 'A', 7, null, '__proto__'].map((from) => JSON.stringify({ ...good, from })),
    JSON.stringify({ ...good, session: 'another' }),
    JSON.stringify({ ...good, kind: 'unknown' }),
    JSON.stringify({ ...good, tab: null }),
    JSON.stringify({ ...good, tab: { ...tab, id: 'another' } }),
    JSON.stringify({ ...good, tab: { ...tab, entries: 'x' } }),
    JSON.stringify({ ...good, padding: 'x'.repeat(MAX_MESSAGE) }),
    '['.repeat(200_000),
  ];
  for (const data of hostile) expect(readMessage(data, null, same)).toBeUndefined();
  expect(readMessage(JSON.stringify(good), null, same)).toBeDefined();
});

const entry = (message: string): Tab['entries'][number] => {
  const ts = '2026-11-24T00:13:36.042Z';
  return {
    ...{ ts, level: 'warn', ke: 'KE-1', signature: 'already exists', message, truncated: false, source: 'window' },
    ...{ count: 1, firstTs: ts, lastTs: ts, detail: { kind: 'clue' } },
  };
};
const withEntries = (entries: Tab['entries']): Tab => ({
  ...{ id: ID, thisTab: true, role: null, since: null, opened: '2026-11-24T00:13:36.042Z', visible: true },
  ...{ counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 }, entries },
});
const entriesOf = (text: string, redact: (text: string) => string | undefined = same) => {
  const message = readMessage(text, null, redact);
  return message && 'tab' in message ? message.tab.entries : undefined;
};

it('a tab with much evidence tells the latest that has room, and is heard', () => {
  const many = [...Array(30).keys()].map((number) => entry(`${number} already exists`));
  expect(entriesOf(writeMessage(news(withEntries(many)), null))).toEqual(many.slice(-20));
  // Two units each in JSON.
  const long = [...Array(20).keys()].map((number) => entry(`${number} ${'"'.repeat(16_000)}`));
  const text = writeMessage(news(withEntries(long)), null);
  expect(text.length).toBeLessThanOrEqual(MAX_MESSAGE);
  expect(entriesOf(text)).toEqual(long.slice(-8));
});

it('an entry that does not fit is left out, and what the model does not know, too', () => {
  const odd = { ...entry('odd'), detail: { kind: 'of-a-later-version' } } as never;
  const more = { ...entry('more'), __proto__: { polluted: true }, constructor: 'x', later: 1 } as never;
  const text = JSON.stringify({
    version: 2,
    session: null,
    ...news({ ...withEntries([odd, more, entry('good')]), x: 1 }),
  });
  expect(entriesOf(text)).toEqual([entry('more'), entry('good')]);
});

it('no secret comes in, and where the redaction does not run, no text does', () => {
  const text = writeMessage(news(withEntries([entry('syt_s3cret already exists')])), null);
  expect(entriesOf(text, (said) => said.replace('syt_s3cret', '[redacted]'))).toEqual([
    entry('[redacted] already exists'),
  ]);
  expect(entriesOf(text, () => undefined)).toEqual([]);
});
