/**
 * Tells a Matrix web client why its end-to-end encryption is breaking, and keeps the proof.
 *
 * Importing this does nothing to the page; `lotus-crypto-diag/auto` does. No function here throws, and of the promises only that of `logOutDevice` rejects.
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
 * Starts to watch `console.warn` and `console.error` of this window, synchronously. What was gathered before an undo is
 * kept. Calling it again, from another copy of the package too, changes nothing.
 *
 * @returns the undo. The console is let go when every caller has undone; undoing twice is safe.
 */
export function installCryptoDiagLog(): () => void {
  return core().install();
}

/** A copy of the evidence: at most 200 entries, the one with the most recent line last. */
export function getCryptoDiagEntries(): Entry[] {
  return core().entries();
}

/** Whether evidence is being gathered, and if not, why. */
export function getCryptoDiagStatus(): CaptureStatus {
  return { ...core().status() };
}

/**
 * Calls `listener` when there is something new: soon after, never from inside the line that was logged, and at most
 * four times a second.
 *
 * @returns the undo
 */
export function subscribe(listener: () => void): () => void {
  return core().subscribe(listener);
}

/** For `useSyncExternalStore`: the same object until the next call of the listeners. */
export function getSnapshot(): CryptoDiagSnapshot {
  return core().snapshot();
}

/**
 * Asks the browser to keep what this origin stores, the encryption keys among it. It is asked once a page load, however
 * often this is called, unless that ended in an error; browsers that show a prompt (Firefox) show it once a tab. Call it
 * after login: `auto` asks only where the browser decides by itself, and where it said no asks again when the app is
 * installed or notifications are allowed. Never rejects; in a page that has no WebAssembly nothing is asked, and the request
 * is an `error`.
 */
export function requestPersistentStorage(): Promise<StorageStatus> {
  return core().storage.request();
}

/** What the browser says of its storage now, without asking for anything. Never rejects. */
export function refreshStorageStatus(): Promise<StorageStatus> {
  return core().storage.refresh();
}

/**
 * Takes part in the election of the one tab of a session that may open its crypto store. The role is `follower` until the
 * browser has given this tab the lock; everybody in a page who names the same session shares one part. Never throws.
 */
export function requestTabLeadership(options: TabLeadershipOptions = {}): TabLeadership {
  return core().tabs.lead(options);
}

/**
 * Watches `fetch` for uploads of one-time keys that the homeserver refuses. When that is a loop, uploads of the refused key
 * are answered with the server's own last refusal, apart from a probe in a growing interval. No other request is touched.
 *
 * @returns the undo. `fetch` is let go when every caller has undone; undoing twice is safe.
 */
export function watchKeyUploads(options?: UploadWatchOptions): () => void {
  return core().watchUploads(options);
}

/**
 * Asks the homeserver at the next opportunity whether it accepts the keys again: of the uploads that are answered locally, the
 * next one goes through. For a button that somebody presses; otherwise it is asked in a growing interval, when the network
 * comes back, when the page is looked at again, and when it accepts another upload of the same device.
 */
export function retryKeyUploads(): void {
  core().probeUploads();
}

/**
 * Repairs a device whose uploads of one-time keys are refused for ever, without a logout: what the homeserver holds of its
 * keys, and the device knows no more, is claimed away with the client's own methods, until the homeserver takes the device's
 * keys. For a button that somebody presses, after the report was saved: the proof goes from the homeserver.
 *
 * Nothing is sent unless all of this is true: this tab is the only one, its client's uploads are in a loop, its identity keys
 * are those of before, and the key that the homeserver holds is signed by them. After an eviction it is refused: it would end
 * the refusals and leave the device unreachable. It may be tried again after it failed. Takes up to two minutes, and never
 * rejects.
 *
 * @example
 * const { state, problem } = await repairOneTimeKeys(mx);
 */
export function repairOneTimeKeys(mx?: MatrixClientLike | null): Promise<RepairStatus> {
  return core().repairOneTimeKeys(mx);
}

/**
 * For the SDK's `fetchFn`, where a host passes one: the page's `fetch`, as it is at the time of the call. Watched in place of
 * that by `watchKeyUploads({ wrap: false })`.
 */
export const fetchFn: typeof fetch = (input, init) => core().requests.fetch(input, init);

/**
 * Watches the console of a frame of the same origin, from its first script on if called right after the frame was put into
 * the document. `auto` does it for every frame of the document. A frame of another origin is left alone.
 *
 * @returns the undo; a frame that goes from the document is let go by itself
 */
export function watchFrame(frame: HTMLIFrameElement): () => void {
  return core().frames.watch(frame);
}

/**
 * Takes the browser's timings of requests to the homeserver, at no cost to the requests. `auto` does it.
 *
 * @returns the undo. Undoing twice is safe.
 */
export function watchLatency(): () => void {
  return core().latency.watch();
}

/**
 * Whether evidence outlives the page: it does, unless a host says `false`. In the entry of the app, behind the import of
 * `auto`, nothing was kept before. Otherwise what was kept is removed.
 */
export function keepEvidence(on: boolean): void {
  core().keeping.turn(Boolean(on));
}

/**
 * Removes what was kept of earlier page loads, of all devices. What this page has seen stays, and is kept on.
 * @returns whether it is gone; `false`: the browser does not allow it
 */
export function forgetEarlierEvidence(): boolean {
  return core().keeping.forget();
}

/** A person is about to provoke a fault. It notes the time and clears nothing. */
export function startCaptureSession(): void {
  core().captures.start();
}

/** A person notices a fault, now. */
export function markFault(kind: MarkKind): void {
  core().captures.mark(kind);
}

/** The capture session is over: its report is to be collected or downloaded. */
export function stopCaptureSession(): void {
  core().captures.stop();
}
