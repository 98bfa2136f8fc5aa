import { useEffect, useRef, useState } from 'react';

import {
  type CryptoDiagSnapshot,
  type Diagnosis,
  getCryptoDiagnosis,
  type MatrixClientLike,
  type ReportExtras,
} from '../index';

/** In a storm the evidence changes four times a second; the diagnosis hardly ever does. */
const INTERVAL_MS = 3000;

/**
 * The diagnosis of the evidence, renewed when the evidence changes: `undefined` before the first, `null` if it could
 * not be loaded.
 */
export function useDiagnosis(
  mx: MatrixClientLike | null,
  extras: ReportExtras,
  snapshot: CryptoDiagSnapshot,
): Diagnosis | null | undefined {
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>();
  const latestInputs = useRef({ mx, extras });
  latestInputs.current = { mx, extras };
  const changes = useRef(0);
  const lastRead = useRef(Number.NEGATIVE_INFINITY);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new snapshot renews the diagnosis.
  useEffect(() => {
    changes.current += 1;
    const change = changes.current;
    const read = async () => {
      lastRead.current = Date.now();
      const result = await getCryptoDiagnosis(latestInputs.current.mx, latestInputs.current.extras);
      if (change === changes.current) setDiagnosis(result);
    };
    const timer = setTimeout(read, Math.max(0, lastRead.current + INTERVAL_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [snapshot, mx]);

  return diagnosis;
}
