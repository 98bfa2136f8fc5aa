import { useCallback, useEffect, useRef, useState } from 'react';

import { core } from '../core';
import type { HistorySafety } from '../generated/glue';
import type { MatrixClientLike } from '../index';

/** The first look again comes soon, the others later and later: each may ask the server. */
const LOOK_AGAIN_MS = 3000;
const LOOK_SELDOM_MS = 60_000;

export type LookAtHistory = {
  /** `undefined` before the first answer. */
  safety: HistorySafety | undefined;
  /** Looks now. */
  look: () => Promise<HistorySafety>;
  /** A logout begins, which may stop the client: then what it said before holds. */
  leave: () => void;
};

/** Whether the message history is safe, looked at again and again while `isWatched`. */
export function useHistorySafety(mx: MatrixClientLike, isWatched: boolean): LookAtHistory {
  const [safety, setSafety] = useState<HistorySafety>();
  // A logout that failed may have stopped the client, and then it has no answers; nor does it get more keys.
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
      // The backup may be about to take the last keys up; or a message has come whose key it has not.
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
