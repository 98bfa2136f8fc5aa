import { useEffect, useRef, useState } from 'react';

const KEY = 'lotus-crypto-diag/not-now';
const A_DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a person has put the prompt off; and puts it off: for a day, or until the device was well in between. That its
 * trouble goes by another name (keys that changed are refused soon after) is no news.
 */
export function useNotNow(isWell: boolean, deviceId: string): [boolean, () => void] {
  // What is put off here holds where localStorage is blocked, too, for as long as the page.
  const [putOff, setPutOff] = useState<PutOff>();
  const before = useRef({ deviceId, isWell });

  useEffect(() => {
    const last = before.current;
    before.current = { deviceId, isWell };
    // After a reload the verdict only builds up anew: that is no recovery.
    if (last.deviceId !== deviceId || !isWell || last.isWell) return;
    setPutOff({ deviceId, until: 0 });
    write(undefined);
  }, [deviceId, isWell]);

  const handleNotNow = () => {
    const now = { deviceId, until: Date.now() + A_DAY_MS };
    setPutOff(now);
    write(now);
  };
  const known = putOff ?? read();
  const isPutOff = known !== undefined && known.deviceId === deviceId && Date.now() < known.until;
  return [isPutOff, handleNotNow];
}

type PutOff = { deviceId: string; until: number };

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
