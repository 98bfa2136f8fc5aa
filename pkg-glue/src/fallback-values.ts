// The values to show while the module does not run.

import { isoNow } from './clock';
import type { HistorySafety } from './generated/glue';
import type { CryptoStoreStatus, RepairStatus } from './generated/model';
import { HISTORY_UNKNOWN, NOT_REPAIRED, STORE_UNKNOWN } from './generated/nothing';

export const notRepaired = (): RepairStatus => ({
  ...NOT_REPAIRED,
  startedAt: isoNow(),
  endedAt: isoNow(),
  claimed: [],
});

export const storeUnknown = (error: string | null): CryptoStoreStatus => ({ ...STORE_UNKNOWN, error });

export const historyUnknown = (): HistorySafety => ({
  ...HISTORY_UNKNOWN,
  problems: ['the diagnostics do not run in this page'],
});
