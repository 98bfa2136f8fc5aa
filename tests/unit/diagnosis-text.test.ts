// Sentences of a diagnosis as a person sees them: text between backticks as code, and nothing of them as markup.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';

import { DiagnosisText } from '../../pkg-glue/src/react/DiagnosisText';

const render = (children: string) =>
  renderToStaticMarkup(createElement(DiagnosisText, { children })).replace(/ style="[^"]*"/g, '');

it.each([
  ['', ''],
  ['No fault was seen.', 'No fault was seen.'],
  ['`content.algorithm` is not there', '<code>content.algorithm</code> is not there'],
  ['queries `a` and `b`', 'queries <code>a</code> and <code>b</code>'],
  ['`a``b`', '<code>a</code><code>b</code>'],
  ['cut off: missing field `algo', 'cut off: missing field `algo'],
  ['``', '``'],
  ['a ` on one line\nand ` on another', 'a ` on one line\nand ` on another'],
  ['`<img src=x onerror=alert(1)>`', '<code>&lt;img src=x onerror=alert(1)&gt;</code>'],
  ['One (KE-1), and KE-3: `KE-4`', 'One (<span>KE-1</span>), and <span>KE-3</span>: <code>KE-4</code>'],
  ['KE-5, MAKE-1 and $KE-12', 'KE-5, MAKE-1 and $KE-12'],
  ['<b>`x`</b>', '&lt;b&gt;<code>x</code>&lt;/b&gt;'],
])('%j is shown as %j', (text, markup) => {
  expect(render(text)).toBe(markup);
});
