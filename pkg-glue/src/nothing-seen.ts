// The values to show while the module does not run.

import { isoNow } from './clock';
import type { Evidences, RepairStatus } from './generated/model';

export const noEvidence = (): Evidences => ({
  counts: { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 },
  entries: [],
  cryptoStore: null,
  uploadLoop: {
    state: 'idle',
    since: null,
    refusal: null,
    diverges: null,
    keyIds: [],
    refusals: 0,
    firstTs: null,
    lastTs: null,
    perMinute: null,
    watched: false,
    breaker: 'off',
    spared: 0,
    probes: 0,
    nextProbe: null,
    accepted: 0,
    failing: null,
    surplus: null,
  },
  recovery: null,
  captureSession: null,
  repair: null,
});

export const notRepaired = (): RepairStatus => ({
  state: 'refused',
  step: 'checking',
  startedAt: isoNow(),
  endedAt: isoNow(),
  deviceId: null,
  counted: null,
  claimed: [],
  fallbackUsed: false,
  waits: 0,
  peersTold: 0,
  problem: 'not-running',
  error: null,
});
