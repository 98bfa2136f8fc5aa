import type { MatrixClientLike } from './matrix-client';
import { collectCryptoDiagReport, type ReportExtras } from './report';
import { saveFile, timeForName } from './save-file';

/**
 * Saves the report as `lotus-crypto-diag-<time>.json`, by the browser's own download.
 *
 * @returns the name of the file, also where the page cannot download (no DOM): the caller still has
 * `collectCryptoDiagReport`
 */
export async function downloadCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  const report = await collectCryptoDiagReport(mx, extras);
  const name = `lotus-crypto-diag-${timeForName()}.json`;
  saveFile(name, report, 'application/json');
  return name;
}
