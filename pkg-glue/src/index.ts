/**
 * Tells a Matrix web client why its end-to-end encryption breaks, and keeps the evidence.
 *
 * Importing this module does not change the page; importing `lotus-crypto-diag/auto` does. No function here throws, and
 * only the promise of `logOutDevice` can reject.
 */

import { type CryptoDiagSnapshot, core } from './core';
import type { UploadWatchOptions } from './engine';
import type { CaptureStatus, Entry, MarkKind, RepairStatus, StorageStatus } from './generated/model';
import type { MatrixClientLike } from './matrix-client';
import type { TabLeadership, TabLeadershipOptions } from './tabs';

export type { CryptoDiagSnapshot } from './core';
export { type CryptoStoreOptions, checkCryptoStore, type DeviceIds } from './crypto-store';
export { downloadCryptoDiagReport } from './download';
export type { UploadWatchOptions } from './engine';
export type * from './generated/model';
export type {
  CaptureStatus as CryptoDiagStatus,
  Detail as CryptoDiagDetail,
  Entry as CryptoDiagEntry,
  Report as CryptoDiagReport,
} from './generated/model';
export { isInCall } from './in-call';
export { logOutDevice } from './log-out';
export type { MatrixClientLike } from './matrix-client';
export type { ReportExtras } from './report';
export { buildCryptoDiagReport, collectCryptoDiagReport, getCryptoDiagnosis } from './report';
export type { TabLeadership, TabLeadershipOptions, TakeOverResult } from './tabs';

/**
 * Starts watching `console.warn` and `console.error` of this window, synchronously. Calling it again, even from another
 * copy of the package, changes nothing. Evidence gathered before an undo is kept.
 *
 * @returns the undo. The console is restored once every caller has undone; undoing twice is safe.
 */
export function installCryptoDiagLog(): () => void {
  return core().install();
}

/** A copy of the evidence: at most 200 entries, the one with the most recent line last. */
export function getCryptoDiagEntries(): Entry[] {
  return core().entries();
}

/** Whether evidence is gathered, and if not, why. */
export function getCryptoDiagStatus(): CaptureStatus {
  return { ...core().status() };
}

/**
 * Calls `listener` soon after something changed: never synchronously from the logging call, and at most four times a
 * second.
 *
 * @returns the undo
 */
export function subscribe(listener: () => void): () => void {
  return core().subscribe(listener);
}

/** For `useSyncExternalStore`: returns the same object until the listeners are called again. */
export function getSnapshot(): CryptoDiagSnapshot {
  return core().snapshot();
}

/**
 * Asks the browser not to evict this origin's storage, which contains the encryption keys. However often this is
 * called, the browser is asked once a page load, or again after an error; browsers that show a prompt (Firefox) show it
 * once a tab. Call it after login: `auto` asks only in browsers that decide by themselves, and after a refusal asks
 * again when the app is installed or notifications are allowed. Never rejects; without WebAssembly nothing is asked,
 * and the request is an `error`.
 */
export function requestPersistentStorage(): Promise<StorageStatus> {
  return core().storage.request();
}

/** Reads the state of the browser's storage, without asking for anything. Never rejects. */
export function refreshStorageStatus(): Promise<StorageStatus> {
  return core().storage.refresh();
}

/**
 * Takes part in the election of the one tab of a session that may open its crypto store. The role is `follower` until
 * the browser has given this tab the lock; all callers in a page that name the same session share one role. Never
 * throws.
 */
export function requestTabLeadership(options: TabLeadershipOptions = {}): TabLeadership {
  return core().tabs.joinElection(options);
}

/**
 * Watches `fetch` for uploads of one-time keys that the homeserver refuses. In an upload loop, uploads of the refused
 * key are answered locally with the homeserver's last refusal, except for a probe at growing intervals. No other
 * request is changed.
 *
 * @returns the undo. `fetch` is restored once every caller has undone; undoing twice is safe.
 */
export function watchKeyUploads(options?: UploadWatchOptions): () => void {
  return core().watchUploads(options);
}

/**
 * Lets the next upload that would be answered locally reach the homeserver, to see whether it accepts the keys again.
 * For a button. Without it, probes are sent at growing intervals, when the network comes back, when the page becomes
 * visible again, and when the homeserver accepts another upload of the same device.
 */
export function retryKeyUploads(): void {
  core().probeUploads();
}

/**
 * Repairs a device in an upload loop without a logout: claims the outdated keys that the homeserver holds, using the
 * client's own methods, until the homeserver accepts the device's keys. For a button; save the report first: the repair
 * removes the evidence from the homeserver.
 *
 * Sends nothing unless all of this is true: this tab is the only one, its client is in an upload loop, its identity
 * keys are unchanged, and the key that the homeserver holds is signed by them. After an eviction the repair is refused:
 * it would end the refusals but leave the device unreachable. It may be called again after a failure. Takes up to two
 * minutes; never rejects.
 *
 * @example
 * const { state, problem } = await repairOneTimeKeys(mx);
 */
export function repairOneTimeKeys(mx?: MatrixClientLike | null): Promise<RepairStatus> {
  return core().repairOneTimeKeys(mx);
}

/**
 * For the SDK's `fetchFn`, if the host sets one: calls the page's `fetch` as it is at that time. With
 * `watchKeyUploads({ wrap: false })`, this function is watched instead of the page's `fetch`.
 */
export const fetchFn: typeof fetch = (input, init) => core().requests.fetch(input, init);

/**
 * Watches the console of a same-origin frame; captures from its first script if called right after the frame was added
 * to the document. `auto` does this for every frame. A frame of another origin is not touched.
 *
 * @returns the undo; a frame that leaves the document is released automatically
 */
export function watchFrame(frame: HTMLIFrameElement): () => void {
  return core().frames.watch(frame);
}

/**
 * Reads the browser's timings of requests to the homeserver, without touching the requests. `auto` does this.
 *
 * @returns the undo. Undoing twice is safe.
 */
export function watchLatency(): () => void {
  return core().latency.watch();
}

/**
 * Whether evidence is stored beyond the end of the page. Default: `true`. `false` removes what was stored; called in
 * the app's entry module right after the import of `auto`, nothing was stored yet.
 */
export function keepEvidence(on: boolean): void {
  core().keeping.setEnabled(Boolean(on));
}

/**
 * Removes the stored evidence of earlier page loads, for all devices. The evidence of this page stays and is still
 * stored.
 *
 * @returns whether it is gone; `false`: the browser does not allow it
 */
export function forgetEarlierEvidence(): boolean {
  return core().keeping.forget();
}

/** Starts a capture session: the user is about to reproduce a fault. Notes the time; clears nothing. */
export function startCaptureSession(): void {
  core().captures.start();
}

/** Marks that the user noticed a fault just now. */
export function markFault(kind: MarkKind): void {
  core().captures.mark(kind);
}

/** Ends the capture session: its report can now be collected or downloaded. */
export function stopCaptureSession(): void {
  core().captures.stop();
}
