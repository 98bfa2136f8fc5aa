// The report of a page in which the module does not run.

import { isoNow } from './clock';
import type { Judge } from './diagnose-later';
import type { Evidences, Report } from './generated/model';
import type { MatrixClientLike } from './matrix-client';
import type { Facts } from './reports';

const NOTE = 'the diagnostics do not run (see status): notes of the host are left out, and entries may be missing';

/** Nothing that the host or an exception of it has put into words is in it: there is no redaction. */
export function bareReport(
  mx: MatrixClientLike | null | undefined,
  { tabs, ...facts }: Facts,
  { recovery: _, ...evidence }: Evidences,
  judge: Judge | string,
): string {
  const report: Report = {
    schema: 'lotus-crypto-diag/1',
    generatedAt: isoNow(),
    sdkVersion: null,
    cryptoVersion: null,
    userId: idOf(() => mx?.getUserId?.()),
    deviceId: idOf(() => mx?.getDeviceId?.()),
    syncState: null,
    cryptoReady: null,
    ed25519Key: null,
    curve25519Key: null,
    keyBackupVersion: null,
    crossSigningReady: null,
    storage: null,
    environment: { app: null, userAgent: null, url: null, online: null, visibility: null, utcOffsetMinutes: null },
    notes: [NOTE],
    ...facts,
    ...evidence,
    tabs: tabs && { ...tabs, session: null },
    latency: null,
    diagnosis: null,
    runbook: null,
  };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  try {
    return typeof judge === 'string' ? text : judge(text);
  } catch {
    return text;
  }
}

function idOf(ask: () => unknown): string | null {
  try {
    const id = ask();
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
