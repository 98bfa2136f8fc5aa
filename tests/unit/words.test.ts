// How the texts of a provider, of a component and the English ones are merged.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';

import { CryptoDiagWordsProvider, type SomeWords, useWords } from '../../pkg-glue/src/react/CryptoDiagWordsProvider';
import { type CryptoDiagWords, ENGLISH, ENGLISH_RECOVERY, type SomeOf } from '../../pkg-glue/src/react/words';

/** The texts that a component of the card gets. */
function wordsOf(provided: SomeWords, own?: SomeOf<CryptoDiagWords>): CryptoDiagWords {
  let words: CryptoDiagWords = ENGLISH;
  const Reader = () => {
    words = useWords('card', ENGLISH, own);
    return null;
  };
  // biome-ignore lint/correctness/noChildrenProp: the provider's type asks for children.
  renderToStaticMarkup(createElement(CryptoDiagWordsProvider, { words: provided, children: createElement(Reader) }));
  return words;
}

it('the texts are English by default', () => {
  expect(wordsOf({}).title).toBe(ENGLISH.title);
});

it('a provider replaces texts, and missing texts stay English', () => {
  const words = wordsOf({ card: { title: 'Diagnose', total: (lines) => `${lines} Zeilen` } });
  expect([words.title, words.total(0), words.details]).toEqual(['Diagnose', '0 Zeilen', ENGLISH.details]);
});

it("a component's own texts take precedence over the provider's, and undefined texts are ignored", () => {
  const own = { title: 'Eigene', details: undefined };
  const words = wordsOf({ card: { title: 'Diagnose', details: 'Einzelheiten' } }, own);
  expect([words.title, words.details]).toEqual(['Eigene', 'Einzelheiten']);
});

it('missing texts of a group stay English', () => {
  const { session, faults } = wordsOf({ card: { session: { title: 'Aufnahme' }, faults: {} } });
  expect([session.title, session.stop, faults]).toEqual(['Aufnahme', ENGLISH.session.stop, ENGLISH.faults]);
});

it('texts of a wrong type stay English', () => {
  const card = { total: '{{count}} Zeilen', session: 'cryptoDiag.session', details: null } as object;
  const words = wordsOf({ card });
  expect([words.total(0), words.session.stop, words.details]).toEqual([
    ENGLISH.total(0),
    ENGLISH.session.stop,
    ENGLISH.details,
  ]);
});

it('a translation type-checks with the type of the English texts', () => {
  const german: typeof ENGLISH_RECOVERY = { ...ENGLISH_RECOVERY, safe: () => 'Alles gesichert.' };
  expect(german.safe(1)).toBe('Alles gesichert.');
});

it('each state of a crypto store has its own text, and unusable ones say what to do', () => {
  const { healthy, 'first-run': first, unknown, ...unusable } = ENGLISH.store;
  const all = [healthy, first, unknown, ...Object.values(unusable)];
  expect(new Set(all).size).toBe(all.length);
  const { evicted, ...others } = unusable;
  expect(evicted).toContain('deleted');
  for (const words of Object.values(others)) expect(words).toMatch(/[Rr]eload|Log out|log out|open it again/);
});

it('each verdict has its own text', () => {
  const words = Object.values(ENGLISH.diagnosis.verdicts);
  expect(new Set(words).size).toBe(words.length);
  expect(ENGLISH.diagnosis.verdicts['not-applicable']).toBe('Not applicable');
});
