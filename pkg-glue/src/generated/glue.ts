// Written from the Rust model by `make bindings`.

import type { TabRole } from './model';

/**
 * The data about tabs that a view needs.
 */
export type TabsSummary = {
/**
 * This tab's role in its session.
 */
role: TabRole | null,
/**
 * Number of open tabs, including this one; `null`: the others were not asked, or cannot be.
 */
count: number | null,
/**
 * Whether the leader does not respond to this tab.
 */
leaderSilent: boolean, };

/**
 * A participation in an election.
 */
export type TabSeat = {
/**
 * Number of the participation.
 */
seat: number,
/**
 * This tab's role in the session.
 */
role: TabRole,
/**
 * Whether the leader does not respond to this tab.
 */
leaderSilent: boolean, };

/**
 * The key backup, as this device sees it.
 */
export type KeyBackup = "active" | "untrusted" | "none";

/**
 * Whether the key backup can make messages readable that this device cannot decrypt.
 */
export type Outlook = "recovery-key" | "locked" | "no-backup" | "unknown";

/**
 * What a logout and a new login would cost.
 */
export type HistorySafety = {
/**
 * `true` if no message is lost: all room keys are in a trusted backup, and the user can open that backup again.
 */
isSafe: boolean,
/**
 * `null`: unknown.
 */
backup: KeyBackup | null,
/**
 * Whether a recovery key (secret storage) is set up, with which a new device can open the backup; `null`: unknown.
 */
recoveryKey: boolean | null,
/**
 * How many room keys this device has; `null`: unknown.
 */
roomKeys: number | null,
/**
 * How many of them are in no backup; `null`: unknown.
 */
notBackedUp: number | null,
/**
 * Whether the backup helps with messages that this device cannot decrypt.
 */
outlook: Outlook,
/**
 * What could not be found out, and why, for a person to read.
 */
problems: Array<string>, };
