import type { MatrixClientLike } from './matrix-client';
import { collectCryptoDiagReport, type ReportExtras } from './report';
import { saveFile, timeForName } from './save-file';

/**
 * Saves the report as `lotus-crypto-diag-<time>.json` through the browser's download.
 *
 * @returns the file name, even if the page cannot download (no DOM): the caller can still use `collectCryptoDiagReport`
 */
export async function downloadCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  return (await saveReport(mx, extras)).name;
}

/** Like `downloadCryptoDiagReport`, and returns whether the browser took the file. */
export async function saveReport(
  mx: MatrixClientLike | null | undefined,
  extras: ReportExtras | undefined,
): Promise<{ name: string; isSaved: boolean }> {
  const report = await collectCryptoDiagReport(mx, extras);
  const name = `lotus-crypto-diag-${timeForName()}.json`;
  return { name, isSaved: saveFile(name, report, 'application/json') };
}
