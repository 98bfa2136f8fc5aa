import { useEffect, useRef, useState } from 'react';

import type { RecoveryReason } from '../index';

const KEY = 'lotus-crypto-diag/not-now';
const A_DAY_MS = 24 * 60 * 60 * 1000;

type Reason = RecoveryReason['reason'];

/** A device that came back with other keys is about to be refused: who has put off the second has put off the first. */
const GRAVITY: Record<Reason, number> = { 'identity-changed': 1, 'upload-loop': 2 };

/** Whether a person has put the prompt off; and puts it off: for a day, or until the verdict changes. */
export function useNotNow(reason: Reason | undefined, deviceId: string): [boolean, () => void] {
  // What is put off here holds where localStorage is blocked, too, for as long as the page.
  const [putOff, setPutOff] = useState<PutOff>();
  const gravity = reason ? GRAVITY[reason] : 0;
  const before = useRef({ deviceId, gravity });

  useEffect(() => {
    const last = before.current;
    before.current = { deviceId, gravity };
    // It got better since: should it get worse again, that is news. After a reload the verdict only builds up anew.
    if (last.deviceId !== deviceId || gravity >= last.gravity) return;
    setPutOff({ deviceId, gravity: 0, until: 0 });
    write(undefined);
  }, [deviceId, gravity]);

  const handleNotNow = () => {
    const now = { deviceId, gravity, until: Date.now() + A_DAY_MS };
    setPutOff(now);
    write(now);
  };
  const known = putOff ?? read();
  const isPutOff =
    known !== undefined && known.deviceId === deviceId && known.gravity >= gravity && Date.now() < known.until;
  return [isPutOff, handleNotNow];
}

type PutOff = { deviceId: string; gravity: number; until: number };

function read(): PutOff | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return kept?.schema === 1 ? kept : undefined;
  } catch {
    return undefined;
  }
}

function write(putOff: PutOff | undefined): void {
  try {
    if (putOff) localStorage.setItem(KEY, JSON.stringify({ schema: 1, ...putOff }));
    else localStorage.removeItem(KEY);
  } catch {
    // It will be asked again after a reload.
  }
}
