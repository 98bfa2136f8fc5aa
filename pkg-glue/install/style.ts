// The host's code style, which added code follows.

import type { Source } from './syntax';
import { end, textOf } from './syntax';

export type Style = {
  quote: "'" | '"';
  semicolon: boolean;
  eol: string;
  indent: string;
  importsReact: boolean;
  /** Whether the host uses `import type`. */
  importsTypes: boolean;
};

export function styleOf(source: Source): Style {
  const { text, imports } = source;
  const double = imports.filter((node) => textOf(source, node.source).startsWith('"')).length;
  const withoutSemicolon = imports.filter((node) => text[end(node) - 1] !== ';').length;
  const indents = text.split('\n').map((line) => line.match(/^(\t+| +)(?=\S)(?!\s*\*)/)?.[1] ?? '');
  const tabs = indents.filter((indent) => indent.startsWith('\t')).length;
  const spaces = indents.filter((indent) => indent.startsWith(' ')).map((indent) => indent.length);
  return {
    quote: double > imports.length / 2 ? '"' : "'",
    semicolon: withoutSemicolon <= imports.length / 2,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    indent: tabs > spaces.length ? '\t' : ' '.repeat(spaces.length > 0 ? Math.min(...spaces) : 2),
    importsReact: imports.some((node) => node.specifiers.some(({ local }) => local.name === 'React')),
    importsTypes: imports.some((node) => node.importKind === 'type'),
  };
}

/** Converts text with two spaces, single quotes and semicolons to the host's style. */
export function inStyle(text: string, style: Style): string {
  const lines = text.split('\n').map((line) => {
    const [, spaces = '', rest = ''] = line.match(/^( *)(.*)$/) ?? [];
    const quoted = style.quote === '"' ? rest.replace(/'([^'"]*)'/g, '"$1"') : rest;
    const ended = style.semicolon ? quoted : quoted.replace(/;$/, '');
    return style.indent.repeat(spaces.length / 2) + ended;
  });
  return lines.join(style.eol);
}
