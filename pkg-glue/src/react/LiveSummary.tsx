import { useEffect, useRef, useState } from 'react';

import type { Fault, FaultCounts } from '../index';
import { VisuallyHidden } from './VisuallyHidden';
import type { CryptoDiagWords } from './words';

/** In a storm the counts change several times a second: too often to be read out. */
const INTERVAL_MS = 10_000;

export type LiveSummaryProps = { counts: FaultCounts; words: CryptoDiagWords };

/** Announces the counts to screen readers when they change, at most every ten seconds. */
export function LiveSummary({ counts, words }: LiveSummaryProps) {
  const summary = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([fault, count]) => `${words.faults[fault as Fault]}: ${count}`)
    .join(', ');
  const [announced, setAnnounced] = useState('');
  const lastAnnouncedAt = useRef(Number.NEGATIVE_INFINITY);

  useEffect(() => {
    if (summary === announced) return undefined;
    const announce = () => {
      lastAnnouncedAt.current = Date.now();
      setAnnounced(summary);
    };
    const timer = setTimeout(announce, Math.max(0, lastAnnouncedAt.current + INTERVAL_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [summary, announced]);

  return (
    <VisuallyHidden>
      <output>{announced}</output>
    </VisuallyHidden>
  );
}
