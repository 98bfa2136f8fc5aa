import { useCallback, useEffect, useRef, useState } from 'react';

import { core } from '../core';
import type { HistorySafety } from '../generated/glue';
import type { MatrixClientLike } from '../index';

/**
 * The first recheck comes soon; later ones are less and less frequent, because each may send a request to the server.
 */
const FIRST_RECHECK_MS = 3000;
const MAX_RECHECK_MS = 60_000;

export type HistoryCheck = {
  /** `undefined` before the first answer. */
  safety: HistorySafety | undefined;
  /** Checks now. */
  check: () => Promise<HistorySafety>;
  /** Call when a logout begins: it may stop the client, and then the last answer holds. */
  handleLogoutStart: () => void;
};

/** Whether the message history is safe, rechecked while `isWatched`. */
export function useHistorySafety(mx: MatrixClientLike, isWatched: boolean): HistoryCheck {
  const [safety, setSafety] = useState<HistorySafety>();
  // A failed logout may have stopped this client: it then no longer answers and gets no more keys.
  const loggedOutClient = useRef<MatrixClientLike>();
  const latest = useRef<HistorySafety>();
  const check = useCallback(async () => {
    const found = await core().historySafety(mx);
    const isStopped = loggedOutClient.current === mx && found.roomKeys === null;
    if (!latest.current || !isStopped) latest.current = found;
    return latest.current;
  }, [mx]);

  useEffect(() => {
    if (!isWatched) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    let wait = FIRST_RECHECK_MS;
    const recheck = async () => {
      const found = await check();
      if (!isCurrent) return;
      setSafety(found);
      // The backup may finish uploading the last keys, or a message with a new key may arrive.
      timer = setTimeout(recheck, wait);
      wait = Math.min(wait * 2, MAX_RECHECK_MS);
    };
    void recheck();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [check, isWatched]);

  const checkNow = async () => {
    const found = await check();
    setSafety(found);
    return found;
  };
  const handleLogoutStart = () => {
    loggedOutClient.current = mx;
  };
  return { safety, check: checkNow, handleLogoutStart };
}
