// The WebAssembly module builds and writes the report: see `crate/capture/src/report.rs`.

import type { CryptoDiag } from '../wasm/capture/lotus_crypto_diag.js';
import { bareReport } from './bare-report';
import type { Judge } from './diagnose-later';
import { type EndSignal, untilEnd } from './end';
import type { CaptureStatus, Evidences, Tabs } from './generated/model';
import type { Use } from './guarded-engine';
import type { MatrixClientLike } from './matrix-client';
import { hasPromises } from './promise-support';

/** What the package knows outside the module. */
export interface Facts {
  status: CaptureStatus;
  capturingSince: string | null;
  blindSpots: string[];
  tabs: Tabs | null;
}

/**
 * `judge` is the judge, or a note that says why there is none. Neither method throws or rejects, for any `mx` and
 * `extras`.
 */
export interface Reports {
  build(mx: MatrixClientLike | null | undefined, extras: unknown, judge: Judge | string): string;
  collect(mx: MatrixClientLike | null | undefined, extras: unknown, judge: Promise<Judge | string>): Promise<string>;
}

/** `use` returns `undefined` if the module does not run; `lastEvidence` returns the last evidence from when it did. */
export function createReports(
  use: Use<CryptoDiag>,
  facts: () => Facts,
  lastEvidence: () => Evidences,
  signal: EndSignal,
): Reports {
  const build: Reports['build'] = (mx, extras, judge) =>
    use((diag) => diag.buildReport(mx, extras, facts, judge)) ?? bareReport(mx, facts(), lastEvidence(), judge);
  return {
    build,
    collect(mx, extras, judge) {
      const buildInstead = async () => build(mx, extras, await judge);
      if (!hasPromises()) return buildInstead();
      return untilEnd(
        signal,
        use((diag) => diag.collectReport(mx, extras, facts, judge)),
        buildInstead,
      );
    },
  };
}
