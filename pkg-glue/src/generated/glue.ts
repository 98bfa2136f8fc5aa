// Written from the Rust model by `make bindings`.

import type { TabRole } from './model';

/**
 * What a view needs of it.
 */
export type TabsSummary = {
/**
 * What this tab is to its session.
 */
role: TabRole | null,
/**
 * How many tabs are open, with this one; `null`: the others were not asked, or cannot be.
 */
count: number | null,
/**
 * Whether the leader does not respond to this tab.
 */
leaderSilent: boolean, };

/**
 * A part in an election.
 */
export type TabSeat = {
/**
 * Its number.
 */
seat: number,
/**
 * What this tab is to the session.
 */
role: TabRole,
/**
 * Whether the leader does not respond to this tab.
 */
leaderSilent: boolean, };

/**
 * What the key backup is to this device.
 */
export type KeyBackup = "active" | "untrusted" | "none";

/**
 * What the key backup promises for messages that cannot be read on this device.
 */
export type Outlook = "recovery-key" | "locked" | "no-backup" | "unknown";

/**
 * What a logout and a login would cost.
 */
export type HistorySafety = {
/**
 * Nothing: all keys are in a backup that is trusted, and the backup can be opened again.
 */
isSafe: boolean,
/**
 * `null`: not known.
 */
backup: KeyBackup | null,
/**
 * Whether a recovery key (secret storage) is set up, with which a new device opens the backup; `null`: not known.
 */
recoveryKey: boolean | null,
/**
 * How many room keys this device has; `null`: not known.
 */
roomKeys: number | null,
/**
 * How many of them are in no backup; `null`: not known.
 */
notBackedUp: number | null,
/**
 * What becomes of messages that cannot be read now.
 */
outlook: Outlook,
/**
 * For a person to read: what could not be found out, and why.
 */
problems: Array<string>, };
