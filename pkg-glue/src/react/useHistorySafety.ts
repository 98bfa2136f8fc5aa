import { useCallback, useEffect, useRef, useState } from 'react';

import { core } from '../core';
import type { HistorySafety } from '../generated/glue';
import type { MatrixClientLike } from '../index';

/**
 * The first recheck comes soon; later ones are less and less frequent, because each may send a request to the server.
 */
const LOOK_AGAIN_MS = 3000;
const LOOK_SELDOM_MS = 60_000;

export type LookAtHistory = {
  /** `undefined` before the first answer. */
  safety: HistorySafety | undefined;
  /** Checks now. */
  look: () => Promise<HistorySafety>;
  /** Call when a logout begins: it may stop the client, and then the last answer holds. */
  leave: () => void;
};

/** Whether the message history is safe, rechecked while `isWatched`. */
export function useHistorySafety(mx: MatrixClientLike, isWatched: boolean): LookAtHistory {
  const [safety, setSafety] = useState<HistorySafety>();
  // A failed logout may have stopped this client: it then no longer answers and gets no more keys.
  const left = useRef<MatrixClientLike>();
  const latest = useRef<HistorySafety>();
  const look = useCallback(async () => {
    const found = await core().historySafety(mx);
    const isStopped = left.current === mx && found.roomKeys === null;
    if (!latest.current || !isStopped) latest.current = found;
    return latest.current;
  }, [mx]);

  useEffect(() => {
    if (!isWatched) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    let wait = LOOK_AGAIN_MS;
    const lookAgain = async () => {
      const found = await look();
      if (!isCurrent) return;
      setSafety(found);
      // The backup may finish uploading the last keys, or a message with a new key may arrive.
      timer = setTimeout(lookAgain, wait);
      wait = Math.min(wait * 2, LOOK_SELDOM_MS);
    };
    void lookAgain();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [look, isWatched]);

  const lookNow = async () => {
    const found = await look();
    setSafety(found);
    return found;
  };
  const leave = () => {
    left.current = mx;
  };
  return { safety, look: lookNow, leave };
}
