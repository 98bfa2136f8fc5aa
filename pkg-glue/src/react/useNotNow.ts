import { useState } from 'react';

import type { RecoveryReason } from '../index';

const KEY = 'lotus-crypto-diag/not-now';
const A_DAY_MS = 24 * 60 * 60 * 1000;

/** Whether a person has put the prompt off, for this reason and device; and puts it off for a day. */
export function useNotNow(reason: RecoveryReason['reason'] | undefined, deviceId: string): [boolean, () => void] {
  // Set where localStorage is blocked, too: then it holds for as long as the page.
  const [putOff, setPutOff] = useState<string>();
  const about = `${reason} ${deviceId}`;
  const handleNotNow = () => {
    setPutOff(about);
    try {
      localStorage.setItem(KEY, JSON.stringify({ schema: 1, about, until: Date.now() + A_DAY_MS }));
    } catch {
      // It will be asked again after a reload.
    }
  };
  return [putOff === about || isPutOff(about), handleNotNow];
}

function isPutOff(about: string): boolean {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return kept?.schema === 1 && kept.about === about && Date.now() < kept.until;
  } catch {
    return false;
  }
}
