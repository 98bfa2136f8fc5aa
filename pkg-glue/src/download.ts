import type { MatrixClientLike } from './matrix-client';
import { collectCryptoDiagReport, type ReportExtras } from './report';

/** Time for the browser to take the file over; after that the memory is given back. */
const REVOKE_AFTER_MS = 60_000;

/**
 * Saves the report as `lotus-crypto-diag-<time>.json`, by the browser's own download.
 *
 * @returns the name of the file, also where the page cannot download (no DOM)
 */
export async function downloadCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  const report = await collectCryptoDiagReport(mx, extras);
  // Without colons: Windows refuses them in names.
  const name = `lotus-crypto-diag-${new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')}.json`;
  try {
    const url = URL.createObjectURL(new Blob([report], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.hidden = true;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
  } catch {
    // No DOM, or a page that forbids it: the caller still has `collectCryptoDiagReport`.
  }
  return name;
}
