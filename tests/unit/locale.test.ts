// Some systems name no language (`C`). A browser may then refuse to write anything in its own language.
import { readdirSync, readFileSync } from 'node:fs';

import { afterEach, expect, it, vi } from 'vitest';

import { inLocale } from '../../pkg-glue/src/react/locale';
import { localDay, localTime } from '../../pkg-glue/src/react/time';

const NO_LANGUAGE = 'C';
const DAY_MS = 86_400_000;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** From here on the browser's own language is none. */
function loseLanguage(): void {
  for (const name of ['toLocaleTimeString', 'toLocaleDateString', 'toLocaleString'] as const) {
    const method = Date.prototype[name];
    vi.spyOn(Date.prototype, name).mockImplementation(function (this: Date, locale = NO_LANGUAGE, how = undefined) {
      return method.call(this, locale, how);
    });
  }
  class RelativeTimeFormat extends Intl.RelativeTimeFormat {
    constructor(locale: Intl.LocalesArgument = NO_LANGUAGE, how?: Intl.RelativeTimeFormatOptions) {
      super(locale, how);
    }
  }
  vi.stubGlobal('Intl', Object.create(Intl, { RelativeTimeFormat: { value: RelativeTimeFormat } }));
}

it('in a browser without a valid language, a time of today is in English', () => {
  const now = new Date();
  const english = now.toLocaleTimeString('en');
  loseLanguage();
  expect(() => now.toLocaleTimeString()).toThrow(RangeError);
  expect(localTime(now)).toBe(english);
});

it.each([0, 1, 3, 40])('in a browser without a valid language, the day %i days ago is in English', (days) => {
  loseLanguage();
  expect(localDay(new Date(Date.now() - days * DAY_MS))).toMatch(/day|\d/);
});

it("inLocale uses the browser's language first", () => {
  expect(inLocale((locale) => String(locale))).toBe('undefined');
});

it("no source file formats in the browser's language without `inLocale`", () => {
  const own = /\.toLocale\w*String\((?:\)|undefined)|\bIntl\.[A-Z]\w*\((?:\)|undefined)/;
  for (const folder of ['../../pkg-glue/src/', '../../demo/src/']) {
    const root = new URL(folder, import.meta.url);
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(name)) continue;
      expect(readFileSync(new URL(name, root), 'utf8'), name).not.toMatch(own);
    }
  }
});
