// Imported before uPlot, which gives the browser's language to `Intl` when it is loaded. Some systems name none (`C`), which
// `Intl` refuses: the page would stay blank.
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { configurable: true, value: 'en' });
}
