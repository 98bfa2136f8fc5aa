// Imported before uPlot, which passes the browser's language to `Intl` when it loads. On some systems the language is
// not valid (`C`): `Intl` throws, and the page would stay blank.
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { configurable: true, value: 'en' });
}
