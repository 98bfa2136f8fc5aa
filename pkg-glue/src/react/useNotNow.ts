import { useEffect, useRef, useState } from 'react';

const KEY = 'lotus-crypto-diag/not-now';
const A_DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether the user dismissed the prompt, and a function that dismisses it: for a day, or until the device recovered in
 * between. A new reason for the same fault does not show it again (changed keys are soon refused, for example).
 */
export function useNotNow(isWell: boolean, deviceId: string): [boolean, () => void] {
  // Works without localStorage too, until the page is closed.
  const [dismissal, setDismissal] = useState<Dismissal>();
  const before = useRef({ deviceId, isWell });

  useEffect(() => {
    const last = before.current;
    before.current = { deviceId, isWell };
    // After a reload the verdict is still being established: that is no recovery.
    if (last.deviceId !== deviceId || !isWell || last.isWell) return;
    setDismissal({ deviceId, until: 0 });
    write(undefined);
  }, [deviceId, isWell]);

  const handleNotNow = () => {
    const now = { deviceId, until: Date.now() + A_DAY_MS };
    setDismissal(now);
    write(now);
  };
  const current = dismissal ?? read();
  const isDismissed = current !== undefined && current.deviceId === deviceId && Date.now() < current.until;
  return [isDismissed, handleNotNow];
}

type Dismissal = { deviceId: string; until: number };

function read(): Dismissal | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return stored?.schema === 1 ? stored : undefined;
  } catch {
    return undefined;
  }
}

function write(dismissal: Dismissal | undefined): void {
  try {
    if (dismissal) localStorage.setItem(KEY, JSON.stringify({ schema: 1, ...dismissal }));
    else localStorage.removeItem(KEY);
  } catch {
    // localStorage is blocked: the prompt returns after a reload.
  }
}
