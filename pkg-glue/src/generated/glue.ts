// Written from the Rust model by `make bindings`.

import type { TabRole } from './model';

/**
 * What a view needs of it.
 */
export type TabsSummary = {
role: TabRole | null, count: number | null, leaderSilent: boolean, };
export type TabSeat = { seat: number, role: TabRole, leaderSilent: boolean, };
export type KeyBackup = "active" | "untrusted" | "none";
export type Outlook = "recovery-key" | "locked" | "no-backup" | "unknown";
export type HistorySafety = { isSafe: boolean, backup: KeyBackup | null, recoveryKey: boolean | null, roomKeys: number | null, notBackedUp: number | null, outlook: Outlook, problems: Array<string>, };
