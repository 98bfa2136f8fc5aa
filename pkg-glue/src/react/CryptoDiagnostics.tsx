import type { MatrixClientLike, ReportExtras } from '../index';
import { useLater } from './useLater';
import type { CryptoDiagWords, SomeOf } from './words';

export type CryptoDiagnosticsProps = {
  /** The Matrix client; the report does without it. */
  mx?: MatrixClientLike | null;
  /** What only the host knows, for the report. */
  extras?: ReportExtras;
  /** Words in place of the English ones. */
  words?: SomeOf<CryptoDiagWords>;
  /** How many of the latest entries are shown. */
  entriesShown?: number;
  /** Without a frame of its own: for hosts that put it into a card of theirs. */
  embedded?: boolean;
};

/**
 * The card for Developer Tools: a live count and the button that saves the report; the rest is folded away. Its code is
 * loaded when it is first shown: no app starts with it on the screen.
 */
export function CryptoDiagnostics(props: CryptoDiagnosticsProps) {
  const loaded = useLater(() => import('./Card'));
  if (loaded === undefined) return null;
  if (loaded === null) return <p>The encryption diagnostics could not be loaded. Reload this page.</p>;
  return <loaded.Card {...props} />;
}
