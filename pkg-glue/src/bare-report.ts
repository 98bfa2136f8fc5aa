// A report for a page in which the WebAssembly module does not run.

import { isoNow } from './clock';
import type { Judge } from './diagnose-later';
import type { Evidences, Report } from './generated/model';
import type { MatrixClientLike } from './matrix-client';
import type { Facts } from './reports';

const NOTE = 'the diagnostics do not run (see status): notes of the host are left out, and entries may be missing';

/**
 * Contains the evidence and what browser and client report. The host's notes are left out: without the module, secrets
 * in them cannot be redacted.
 */
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
    userId: textOf(() => mx?.getUserId?.()),
    deviceId: textOf(() => mx?.getDeviceId?.()),
    syncState: textOf(() => mx?.getSyncState?.()),
    cryptoReady: null,
    ed25519Key: null,
    curve25519Key: null,
    keyBackupVersion: null,
    crossSigningReady: null,
    storage: null,
    environment: {
      app: null,
      userAgent: textOf(() => navigator.userAgent),
      // No query and no fragment: they may carry a login token.
      url: textOf(() => location.origin + location.pathname),
      online: null,
      visibility: textOf(() => document.visibilityState),
      utcOffsetMinutes: null,
    },
    notes: [NOTE],
    ...facts,
    ...evidence,
    tabs: tabs && { ...tabs, session: null },
    latency: null,
    earlier: [],
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

function textOf(ask: () => unknown): string | null {
  try {
    const text = ask();
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}
