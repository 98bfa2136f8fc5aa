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

it('the card speaks English where nobody says otherwise', () => {
  expect(wordsOf({}).title).toBe(ENGLISH.title);
});

it('a provider gives every component its words, and what it lacks stays English', () => {
  const words = wordsOf({ card: { title: 'Diagnose', total: (lines) => `${lines} Zeilen` } });
  expect([words.title, words.total(0), words.details]).toEqual(['Diagnose', '0 Zeilen', ENGLISH.details]);
});

it('words given to one component go before those of the provider; a word that is undefined is none', () => {
  const own = { title: 'Eigene', details: undefined };
  const words = wordsOf({ card: { title: 'Diagnose', details: 'Einzelheiten' } }, own);
  expect([words.title, words.details]).toEqual(['Eigene', 'Einzelheiten']);
});

it('of a group of words, too, what is missing stays English', () => {
  const { session, faults } = wordsOf({ card: { session: { title: 'Aufnahme' }, faults: {} } });
  expect([session.title, session.stop, faults]).toEqual(['Aufnahme', ENGLISH.session.stop, ENGLISH.faults]);
});

it('what is no word at all, as from a translation that lacks it, stays English', () => {
  const card = { total: '{{count}} Zeilen', session: 'cryptoDiag.session', details: null } as object;
  const words = wordsOf({ card });
  expect([words.total(0), words.session.stop, words.details]).toEqual([
    ENGLISH.total(0),
    ENGLISH.session.stop,
    ENGLISH.details,
  ]);
});

it('every word of a language is a word of the others: a translation compiles', () => {
  const german: typeof ENGLISH_RECOVERY = { ...ENGLISH_RECOVERY, safe: () => 'Alles gesichert.' };
  expect(german.safe(1)).toBe('Alles gesichert.');
});

it('each state of a crypto store has a sentence of its own, and what cannot be used says what to do', () => {
  const { healthy, 'first-run': first, unknown, ...unusable } = ENGLISH.store;
  const all = [healthy, first, unknown, ...Object.values(unusable)];
  expect(new Set(all).size).toBe(all.length);
  const { evicted, ...others } = unusable;
  expect(evicted).toContain('deleted');
  for (const words of Object.values(others)) expect(words).toMatch(/[Rr]eload|Log out|log out|open it again/);
});

it('a question that does not arise has a word of its own', () => {
  const words = Object.values(ENGLISH.diagnosis.verdicts);
  expect(new Set(words).size).toBe(words.length);
  expect(ENGLISH.diagnosis.verdicts['not-applicable']).toBe('Not applicable');
});
