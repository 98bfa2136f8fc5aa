// The words of the components, as a host that renders on a server would see them.
import { startCaptureSession } from 'lotus-crypto-diag';
import * as react from 'lotus-crypto-diag/react';
import { createElement, type ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, expect, it } from 'vitest';

const { CryptoDiagnostics, CryptoDiagWordsProvider, ENGLISH } = react;
const within = (words: react.SomeWords, element: ReactElement) =>
  // biome-ignore lint/correctness/noChildrenProp: the provider's type asks for children.
  renderToStaticMarkup(createElement(CryptoDiagWordsProvider, { words, children: element }));

// While a capture session runs, the card has its details open from the start.
beforeAll(startCaptureSession);

it('the card speaks English where nobody says otherwise', () => {
  const html = renderToStaticMarkup(createElement(CryptoDiagnostics));
  expect(html).toContain(`>${ENGLISH.title}<`);
  expect(html).toContain(ENGLISH.nothing);
});

it('a provider gives every component its words, and what it lacks stays English', () => {
  const html = within(
    { card: { title: 'Diagnose', total: (lines) => `${lines} Zeilen` } },
    createElement(CryptoDiagnostics),
  );
  expect(html).toContain('>Diagnose<');
  expect(html).toContain('>0 Zeilen<');
  expect(html).not.toContain(ENGLISH.title);
  expect(html).toContain(ENGLISH.nothing);
});

it('words given to one component go before those of the provider; a word that is undefined is none', () => {
  const own = { title: 'Eigene', nothing: undefined };
  const html = within(
    { card: { title: 'Diagnose', nothing: 'Nichts' } },
    createElement(CryptoDiagnostics, { words: own }),
  );
  expect(html).toContain('>Eigene<');
  expect(html).toContain('>Nichts<');
});

it('of a group of words, too, what is missing stays English', () => {
  const html = within({ card: { session: { title: 'Aufnahme' }, faults: {} } }, createElement(CryptoDiagnostics));
  expect(html).toContain('>Aufnahme<');
  expect(html).toContain(`>${ENGLISH.session.stop}<`);
  expect(html).toContain(`>${ENGLISH.faults['KE-1']}<`);
});

it('what is no word at all, as from a translation that lacks it, stays English', () => {
  const card = { total: '{{count}} Zeilen', session: 'cryptoDiag.session', nothing: null } as object;
  const html = within({ card }, createElement(CryptoDiagnostics));
  expect(html).toContain(`>${ENGLISH.total(0)}<`);
  expect(html).toContain(`>${ENGLISH.session.stop}<`);
  expect(html).toContain(ENGLISH.nothing);
});

it('embedded, the card has its title and its name, and no frame of its own', () => {
  const frame = /data-testid="crypto-diagnostics"[^>]*style="[^"]*padding/;
  const html = renderToStaticMarkup(createElement(CryptoDiagnostics, { embedded: true }));
  expect(html).toMatch(new RegExp(`<h3[^>]*>${ENGLISH.title}<`));
  expect(html).not.toMatch(frame);
  expect(renderToStaticMarkup(createElement(CryptoDiagnostics))).toMatch(frame);
});

it('every word of a language is a word of the others: a translation compiles', () => {
  const german: react.AllWords['recovery'] = { ...react.ENGLISH_RECOVERY, safe: () => 'Alles gesichert.' };
  expect(german.safe(1)).toBe('Alles gesichert.');
});
