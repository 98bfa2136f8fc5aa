import { useEffect, useRef, useState } from 'react';

import {
  type CryptoDiagSnapshot,
  type Diagnosis,
  getCryptoDiagnosis,
  type MatrixClientLike,
  type ReportExtras,
} from '../index';

/** In a storm the evidence changes four times a second; what it says hardly ever does. */
const INTERVAL_MS = 3000;

/** What the evidence says, anew when there is more of it: `undefined` before it was read, `null` where it cannot be. */
export function useDiagnosis(
  mx: MatrixClientLike | null,
  extras: ReportExtras,
  snapshot: CryptoDiagSnapshot,
): Diagnosis | null | undefined {
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>();
  const asked = useRef({ mx, extras });
  asked.current = { mx, extras };
  const changes = useRef(0);
  const lastRead = useRef(Number.NEGATIVE_INFINITY);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new snapshot is what it is read anew for.
  useEffect(() => {
    changes.current += 1;
    const change = changes.current;
    const read = async () => {
      lastRead.current = Date.now();
      const read = await getCryptoDiagnosis(asked.current.mx, asked.current.extras);
      if (change === changes.current) setDiagnosis(read);
    };
    const timer = setTimeout(read, Math.max(0, lastRead.current + INTERVAL_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [snapshot, mx]);

  return diagnosis;
}
