import { color } from 'folds';

import { visible } from './words';

type TextBlockProps = { text: string; label: string };
/** A line of a log, a row, a statement: as it is, and nothing of it is markup. */
export function TextBlock({ text, label }: TextBlockProps) {
  return (
    <section
      className="text"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
      tabIndex={0}
      style={{ backgroundColor: color.Background.Container, color: color.Background.OnContainer }}
    >
      {visible(text)}
    </section>
  );
}
