// What there is to say while the module does not run.

import { isoNow } from './clock';
import type { HistorySafety } from './generated/glue';
import type { CryptoStoreStatus, Evidences, RepairStatus } from './generated/model';

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

export const storeUnknown = (error: string | null): CryptoStoreStatus => ({
  verdict: 'unknown',
  since: null,
  userId: null,
  deviceId: null,
  database: null,
  databaseExisted: null,
  identity: 'not-compared',
  lastHealthy: null,
  loss: null,
  databaseListed: null,
  keysDeleted: false,
  trouble: null,
  error,
});

export const historyUnknown = (): HistorySafety => ({
  isSafe: false,
  backup: null,
  recoveryKey: null,
  roomKeys: null,
  notBackedUp: null,
  outlook: 'unknown',
  problems: ['the diagnostics do not run in this page'],
});
