import { color } from 'folds';

import { visible } from './words';

type TextBlockProps = { text: string; label: string };
/** A log line, a row or a statement as plain text: nothing in it is interpreted as markup. */
export function TextBlock({ text, label }: TextBlockProps) {
  return (
    <section
      className="text"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
      tabIndex={0}
      style={{ backgroundColor: color.Background.Container, color: color.Background.OnContainer }}
    >
      {visible(text)}
    </section>
  );
}
