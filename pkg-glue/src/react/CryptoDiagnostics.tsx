import type { MatrixClientLike, ReportExtras } from '../index';
import { useLazyModule } from './useLazyModule';
import type { CryptoDiagWords, SomeOf } from './words';

export type CryptoDiagnosticsProps = {
  /** The Matrix client; without it, the report contains less. */
  mx?: MatrixClientLike | null;
  /** Report fields that only the host knows. */
  extras?: ReportExtras;
  /** Replacements for the English texts. */
  words?: SomeOf<CryptoDiagWords>;
  /** How many of the latest entries are shown. */
  entriesShown?: number;
  /** Renders without a frame, for hosts that put it into a card of their own. */
  embedded?: boolean;
};

/**
 * The card for the Developer Tools: a live count, a button that saves the report, and the rest collapsed. Its code is
 * loaded when it is first shown, so that apps start without it.
 */
export function CryptoDiagnostics(props: CryptoDiagnosticsProps) {
  const loaded = useLazyModule(() => import('./Card'));
  if (loaded === undefined) return null;
  if (loaded === null) return <p>The encryption diagnostics could not be loaded. Reload this page.</p>;
  return <loaded.Card {...props} />;
}
