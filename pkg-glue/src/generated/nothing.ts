// Written from the Rust model by `make bindings`.

import type { HistorySafety } from './glue';
import type { CryptoStoreStatus, Evidences, RepairStatus } from './model';

export const NO_EVIDENCE: Evidences = {
  "captureSession": null,
  "counts": {
    "KE-1": 0,
    "KE-2": 0,
    "KE-3": 0,
    "KE-4": 0
  },
  "cryptoStore": null,
  "entries": [],
  "recovery": null,
  "repair": null,
  "uploadLoop": {
    "accepted": 0,
    "breaker": "off",
    "diverges": null,
    "failing": null,
    "firstTs": null,
    "keyIds": [],
    "lastTs": null,
    "nextProbe": null,
    "perMinute": null,
    "probes": 0,
    "refusal": null,
    "refusals": 0,
    "since": null,
    "spared": 0,
    "state": "idle",
    "surplus": null,
    "watched": false
  }
};

export const NOT_REPAIRED: RepairStatus = {
  "claimed": [],
  "counted": null,
  "deviceId": null,
  "endedAt": null,
  "error": null,
  "fallbackUsed": false,
  "peersTold": 0,
  "problem": "not-running",
  "startedAt": "1970-01-01T00:00:00.000Z",
  "state": "refused",
  "step": "checking",
  "waits": 0
};

export const STORE_UNKNOWN: CryptoStoreStatus = {
  "database": null,
  "databaseExisted": null,
  "databaseListed": null,
  "deviceId": null,
  "error": null,
  "identity": "not-compared",
  "keysDeleted": false,
  "lastHealthy": null,
  "loss": null,
  "since": null,
  "trouble": null,
  "userId": null,
  "verdict": "unknown"
};

export const HISTORY_UNKNOWN: HistorySafety = {
  "backup": null,
  "isSafe": false,
  "notBackedUp": null,
  "outlook": "unknown",
  "problems": [],
  "recoveryKey": null,
  "roomKeys": null
};
