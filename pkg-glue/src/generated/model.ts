// Written from the Rust model by `make bindings`.

/**
 * The console method that a line was written with.
 */
export type Level = "warn" | "error";

/**
 * The four faults that the runbook describes.
 */
export type Fault = "KE-1" | "KE-2" | "KE-3" | "KE-4";

/**
 * Console lines seen per fault since capture began, including lines for which no entry was kept.
 */
export type FaultCounts = { "KE-1": number, "KE-2": number, "KE-3": number, "KE-4": number, };

/**
 * A one-time key that the homeserver refused, because it has another one under the same id.
 */
export type Refusal = {
/**
 * `<algorithm>:<id>`, as in `signed_curve25519:AAAAAAAAAA0`.
 */
keyId: string,
/**
 * The public key that the server holds (unpadded base64).
 */
oldKey: string | null,
/**
 * The public key that this device tried to upload under the same id.
 */
newKey: string | null,
/**
 * The device that signed the keys.
 */
deviceId: string | null,
/**
 * HTTP status of the answer.
 */
httpStatus: number | null, };

/**
 * The event that a decryption failure is about.
 */
export type TimelineEvent = {
/**
 * Event id.
 */
eventId: string | null,
/**
 * Room id.
 */
roomId: string | null,
/**
 * User id of the sender.
 */
sender: string | null, };

/**
 * Why no device can decrypt an encrypted event.
 */
export type MalformedCause = "missing-field" | "invalid-type" | "unsupported-algorithm" | "bad-base64" | "unreadable";

/**
 * A request by which a device stays in a call. The delayed leave is an event that the server sends unless the device
 * restarts its timer in time.
 */
export type CallRequest = "schedule-leave" | "restart-leave" | "cancel-leave" | "send-leave" | "update-leave" | "membership";

/**
 * How a call-membership request failed.
 */
export type CallFailure = "timed-out" | "unreachable" | "refused";

/**
 * A failure of a call-membership request, as logged by the membership manager or by the widget driver on its behalf.
 *
 * One failure is often logged twice: first by the driver in the window, which knows the server's answer, then by the
 * manager in the frame, which knows the room and the retries. Both lines have the same `delayId` if the server
 * answered; if it did not, only their times show that they belong together.
 */
export type CallMembership = {
/**
 * Room of the call.
 */
roomId: string | null,
/**
 * The request that failed.
 */
request: CallRequest | null,
/**
 * How it failed.
 */
failure: CallFailure | null,
/**
 * HTTP status, if the server answered.
 */
httpStatus: number | null,
/**
 * The server's `errcode`, if it gave one: `M_NOT_FOUND`.
 */
errcode: string | null,
/**
 * The server's id of the delayed event.
 */
delayId: string | null,
/**
 * Retries so far. In an entry that stands for several lines: the highest number.
 */
attempt: number | null,
/**
 * Retries after which the manager gives up.
 */
maxAttempts: number | null,
/**
 * Whether the server had removed this device from the call, so that it rejoins: other participants saw it leave.
 */
rejoins: boolean,
/**
 * Whether the manager stopped for good: to other participants, this device has left the call.
 */
gaveUp: boolean, };

/**
 * What could be read from an entry's line. A part that the line does not contain is `null`.
 */
export type Detail = { "kind": "refusal" } & Refusal | { "kind": "clue" } | { "kind": "upload-failed",
/**
 * HTTP status of the answer; `null`: no answer came, or the line does not say.
 */
httpStatus: number | null,
/**
 * The homeserver's `errcode`, for example `M_TOO_LARGE`.
 */
errcode: string | null, } | { "kind": "missing-key",
/**
 * Who sends the media: `@user:server:DEVICE`.
 */
participant: string | null,
/**
 * Index of the key in the participant's key ring.
 */
index: number | null, } | { "kind": "missing-key-set",
/**
 * Who sends the media.
 */
participant: string | null,
/**
 * Index of the key that `LiveKit` looked for.
 */
index: number | null, } | { "kind": "invalid-key",
/**
 * Who sends the media.
 */
participant: string | null, } | { "kind": "key-marked-invalid",
/**
 * Who sends the media.
 */
participant: string | null,
/**
 * Index of the key in the participant's key ring.
 */
index: number | null, } | { "kind": "key-errors-suppressed",
/**
 * Who sends the media.
 */
participant: string | null, } | { "kind": "no-key-targets" } | { "kind": "olm-session-failed",
/**
 * User id of the other device.
 */
userId: string | null,
/**
 * The other device.
 */
deviceId: string | null,
/**
 * The crypto library's error message.
 */
reason: string | null, } | { "kind": "to-device-opened",
/**
 * User id of the sender.
 */
sender: string | null, } | { "kind": "to-device-unopened",
/**
 * User id of the sender.
 */
sender: string | null,
/**
 * The crypto library's error message.
 */
reason: string | null, } | { "kind": "media-key-mention" } | { "kind": "malformed",
/**
 * What is wrong with it.
 */
cause: MalformedCause,
/**
 * The SDK's error message.
 */
reason: string,
/**
 * Event id.
 */
eventId: string | null,
/**
 * Room id.
 */
roomId: string | null,
/**
 * User id of the sender.
 */
sender: string | null, } | { "kind": "undecryptable",
/**
 * The SDK's error message.
 */
reason: string | null,
/**
 * Event id.
 */
eventId: string | null,
/**
 * Room id.
 */
roomId: string | null,
/**
 * User id of the sender.
 */
sender: string | null, } | { "kind": "delayed-event" } & CallMembership | { "kind": "membership" } & CallMembership;

/**
 * One kept piece of evidence: a console line, and how often it appeared.
 *
 * Lines that mean the same are grouped into one entry. `message` is the first of them, verbatim except for secrets.
 */
export type Entry = {
/**
 * When `message` was logged. Same as `firstTs`.
 */
ts: string,
/**
 * The console method.
 */
level: Level,
/**
 * The fault of the runbook.
 */
ke: Fault,
/**
 * The substring that identified the line.
 */
signature: string,
/**
 * The line as the console would format it, with secrets replaced by `[redacted]`.
 */
message: string,
/**
 * Whether a line of this entry was shortened; at most 16 KiB are kept.
 */
truncated: boolean,
/**
 * Where the line was logged: `window`, `frame:<path>` or `network`.
 */
source: string,
/**
 * How many lines this entry stands for.
 */
count: number,
/**
 * When the first line appeared.
 */
firstTs: string,
/**
 * When the latest line appeared.
 */
lastTs: string,
/**
 * The latest line, if it differs from `message` (a retry counter, a message id).
 */
lastMessage?: string,
/**
 * What could be read from the line.
 */
detail: Detail, };

/**
 * Result of the request for persistent storage.
 */
export type PersistRequest = "granted" | "denied" | "already" | "unsupported" | "error" | "not-asked";

/**
 * The state of `navigator.storage` (<https://storage.spec.whatwg.org/>).
 */
export type StorageStatus = {
/**
 * Whether the browser has `navigator.storage` with the methods that this library needs.
 */
supported: boolean,
/**
 * Whether the browser keeps the data until the user deletes it; `null`: unknown.
 */
persisted: boolean | null,
/**
 * Result of the request for persistent storage.
 */
request: PersistRequest,
/**
 * Estimated bytes in use.
 */
usage: number | null,
/**
 * Quota in bytes.
 */
quota: number | null,
/**
 * Human-readable note: what could not be determined, and why.
 */
error: string | null, };

/**
 * The verdict on a crypto store.
 */
export type StoreVerdict = "healthy" | "first-run" | "evicted" | "identity-changed" | "connection-lost" | "failing" | "full" | "version-conflict" | "corrupt" | "wrong-account" | "unknown";

/**
 * Result of comparing the device's identity keys with the remembered ones.
 */
export type IdentityCheck = "not-compared" | "first-seen" | "same" | "changed";

/**
 * The page lost its connection to the store while running. The browser's list of databases shows whether the store is
 * gone.
 */
export type StoreLoss = {
/**
 * When the first such line appeared.
 */
firstTs: string,
/**
 * When the latest such line appeared.
 */
lastTs: string,
/**
 * Number of such lines.
 */
count: number,
/**
 * The first line, with secrets replaced by `[redacted]`.
 */
message: string, };

/**
 * Trouble with the crypto store, and the client's message about it.
 */
export type StoreTrouble = {
/**
 * What is wrong with the store.
 */
kind: StoreTroubleKind,
/**
 * When the first such line appeared.
 */
firstTs: string,
/**
 * When the latest such line appeared.
 */
lastTs: string,
/**
 * Number of such lines.
 */
count: number,
/**
 * The first line, with secrets replaced by `[redacted]`.
 */
message: string, };

/**
 * What is wrong with a crypto store, according to the client's lines; the most serious comes last.
 */
export type StoreTroubleKind = "connection-lost" | "failing" | "version-conflict" | "full" | "corrupt" | "wrong-account";

/**
 * The status of a crypto store.
 */
export type CryptoStoreStatus = {
/**
 * The verdict.
 */
verdict: StoreVerdict,
/**
 * When the verdict began to hold: for a healthy store, when the device was first seen; otherwise, when the
 * trouble was noticed.
 */
since: string | null,
/**
 * The store's user; `null`: unknown.
 */
userId: string | null,
/**
 * The store's device.
 */
deviceId: string | null,
/**
 * Name of the database.
 */
database: string | null,
/**
 * Whether the database existed before the SDK could create it; `null`: the browser did not say, or it was too
 * late to ask.
 */
databaseExisted: boolean | null,
/**
 * Result of comparing the identity keys.
 */
identity: IdentityCheck,
/**
 * When the device was last seen with its original keys.
 */
lastHealthy: string | null,
/**
 * The loss of the connection while the page was running, if it happened.
 */
loss: StoreLoss | null,
/**
 * Whether the browser still listed the database after the loss; `null`: it was not asked, or did not say.
 */
databaseListed: boolean | null,
/**
 * Whether two independent signs show that this browser deleted the device's keys, and the SDK has not created new
 * ones yet: then the SDK must not be started. `false` if in doubt.
 */
keysDeleted: boolean,
/**
 * Other trouble that keeps the client from using the store; `null`: none was seen.
 */
trouble: StoreTrouble | null,
/**
 * Human-readable note: what could not be determined, and why.
 */
error: string | null, };

/**
 * State of the uploads.
 */
export type LoopState = "idle" | "suspected" | "looping" | "recovered";

/**
 * Whether the breaker holds uploads back.
 */
export type Breaker = "closed" | "open" | "off";

/**
 * The uploads of one-time keys that this page saw.
 */
export type UploadLoopStatus = {
/**
 * State of the uploads.
 */
state: LoopState,
/**
 * When this state began.
 */
since: string | null,
/**
 * The key that the latest refusal named.
 */
refusal: Refusal | null,
/**
 * Whether client and server hold different keys under that id (`true`: the two have diverged).
 */
diverges: boolean | null,
/**
 * The keys refused since the last accepted upload, the latest last; at most 16.
 */
keyIds: Array<string>,
/**
 * Refusals by the server since the last accepted upload.
 */
refusals: number,
/**
 * When the first of these refusals came.
 */
firstTs: string | null,
/**
 * When the latest refusal came.
 */
lastTs: string | null,
/**
 * The client's attempts per minute, from the first to the latest; `null`: too few, or too short a time.
 */
perMinute: number | null,
/**
 * Whether requests are observed, rather than only the console.
 */
watched: boolean,
/**
 * Whether the breaker holds uploads back.
 */
breaker: Breaker,
/**
 * Requests that were answered locally with the last refusal.
 */
spared: number,
/**
 * Requests that were let through as probes.
 */
probes: number,
/**
 * When the next probe is due.
 */
nextProbe: string | null,
/**
 * Number of uploads that the server accepted.
 */
accepted: number,
/**
 * Uploads that failed since the last accepted one, for a reason other than "already exists"; `null`: none.
 */
failing: UploadFailures | null,
/**
 * Set if the server accepted more uploads than a client needs.
 */
surplus: KeySurplus | null, };

/**
 * Uploads that failed since the last accepted one, for a reason other than "already exists".
 */
export type UploadFailures = {
/**
 * Number of failed uploads.
 */
count: number,
/**
 * When the first of them failed.
 */
firstTs: string,
/**
 * When the latest of them failed.
 */
lastTs: string,
/**
 * HTTP status of the latest failure; `null`: no answer came.
 */
httpStatus: number | null,
/**
 * The server's `errcode` in the latest failure, for example `M_TOO_LARGE`.
 */
errcode: string | null, };

/**
 * The server accepted more one-time keys than a client needs. A client keeps 50 of them on the server.
 */
export type KeySurplus = {
/**
 * Uploads accepted within ten minutes.
 */
uploads: number,
/**
 * One-time keys in these uploads.
 */
keys: number,
/**
 * Number of keys that the server holds, by its latest answer; `null`: unknown.
 */
held: number | null,
/**
 * When the first of these uploads was accepted.
 */
firstTs: string,
/**
 * When the latest of them was accepted.
 */
lastTs: string, };

/**
 * A tab's role in its session.
 */
export type TabRole = "leader" | "follower" | "solo";

/**
 * One open tab.
 */
export type Tab = {
/**
 * Id of the tab, new with each load of the page.
 */
id: string,
/**
 * Whether this is the tab that wrote the report.
 */
thisTab: boolean,
/**
 * The tab's role in its session; `null`: its host did not start an election.
 */
role: TabRole | null,
/**
 * When this role began.
 */
since: string | null,
/**
 * When the page was loaded.
 */
opened: string,
/**
 * Whether the page was visible; `null`: unknown.
 */
visible: boolean | null,
/**
 * Lines that this tab saw per fault.
 */
counts: FaultCounts,
/**
 * The tab's latest entries. Empty for the tab that wrote the report: see the report's `entries`.
 */
entries: Array<Entry>, };

/**
 * The result of a roll call among a session's tabs.
 */
export type Tabs = {
/**
 * Name of the session, given by the host; `null`: the host did not start an election.
 */
session: string | null,
/**
 * The tabs that answered, this one first.
 */
tabs: Array<Tab>,
/**
 * Whether the active tab did not respond when this tab asked to take over. Closing the active tab hands over at
 * once.
 */
leaderSilent: boolean,
/**
 * Human-readable reason why there is no election, or why the other tabs could not be asked.
 */
error: string | null, };

/**
 * Whether evidence is being gathered, and if not, why.
 */
export type CaptureState = "idle" | "running" | "degraded" | "unavailable" | "failed";

/**
 * State of the library itself.
 */
export type CaptureStatus = {
/**
 * Whether evidence is being gathered.
 */
state: CaptureState,
/**
 * Human-readable reason why the state is not `running`.
 */
reason: string | null,
/**
 * Version of the library.
 */
version: string, };

/**
 * Facts about the Matrix client. `null`: the client did not provide the value.
 */
export type ClientFacts = {
/**
 * Version of matrix-js-sdk, given by the host: the SDK does not expose it at run time.
 */
sdkVersion: string | null,
/**
 * Result of `CryptoApi.getVersion()`: the crypto library and its vodozemac version.
 */
cryptoVersion: string | null,
/**
 * User id.
 */
userId: string | null,
/**
 * Device id.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client's encryption is running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), if the report was asked to include it.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), if the report was asked to include it.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also if there is no backup.
 */
keyBackupVersion: string | null,
/**
 * Whether cross-signing is set up and usable on this device.
 */
crossSigningReady: boolean | null, };

/**
 * The page that the library runs in.
 */
export type Environment = {
/**
 * Name and version of the app, given by the host.
 */
app: string | null,
/**
 * `navigator.userAgent`.
 */
userAgent: string | null,
/**
 * Origin and path of the page, without query and fragment: these may contain a login token.
 */
url: string | null,
/**
 * `navigator.onLine`.
 */
online: boolean | null,
/**
 * `document.visibilityState`.
 */
visibility: string | null,
/**
 * Minutes by which local time is ahead of UTC.
 */
utcOffsetMinutes: number | null, };

/**
 * What happened to the device.
 */
export type RecoveryCause = "store-lost" | "upload-loop" | "identity-changed";

/**
 * Why the encryption of this device is broken.
 */
export type RecoveryReason = {
/**
 * What happened to the device.
 */
reason: RecoveryCause,
/**
 * When this began, as far as known.
 */
since: string | null,
/**
 * The device; `null`: unknown.
 */
deviceId: string | null, };

/**
 * The data that a view needs; rebuilt only when something changed.
 */
export type Evidences = {
/**
 * Lines seen per fault.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last.
 */
entries: Array<Entry>,
/**
 * The crypto store of this page's device; `null`: not checked.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys.
 */
uploadLoop: UploadLoopStatus,
/**
 * Why the user has to do something to repair the device's encryption; `null`: nothing to do.
 */
recovery: RecoveryReason | null,
/**
 * The capture session; `null`: none was started yet.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair of the one-time keys that the user started; `null`: none.
 */
repair: RepairStatus | null, };

/**
 * A completed request to the homeserver.
 */
export type LatencySample = {
/**
 * When the request was made.
 */
ts: string,
/**
 * Path from `/_matrix/` on, without the query, with every id replaced by `{id}`.
 */
path: string,
/**
 * From the start of the request to the end of the answer, or to its failure.
 */
durationMs: number,
/**
 * HTTP status; 0: no answer came; `null`: the browser did not report it.
 */
status: number | null, };

/**
 * The requests to the homeserver that the browser measured. The long poll of `/sync` and media downloads are left
 * out, because their duration says nothing about the homeserver.
 */
export type Latency = {
/**
 * When measuring began.
 */
since: string | null,
/**
 * Number of measured requests, including those that are not in `samples`.
 */
seen: number,
/**
 * From this time on, all requests are included; before it, only the slowest.
 */
completeSince: string | null,
/**
 * The latest requests and the slowest earlier ones, in order of time.
 */
samples: Array<LatencySample>, };

/**
 * Statistics of several requests.
 */
export type LatencyFigures = {
/**
 * Number of requests.
 */
count: number,
/**
 * Median duration; `null`: no requests.
 */
p50Ms: number | null,
/**
 * 95th percentile of the duration.
 */
p95Ms: number | null,
/**
 * Longest duration.
 */
worstMs: number | null,
/**
 * Number of failed requests: without an answer, with a server error (5xx) of the homeserver or a proxy in front
 * of it, or refused key uploads (4xx).
 */
failures: number, };

/**
 * The requests to one kind of endpoint.
 */
export type PathLatency = {
/**
 * HTTP method; `null`: unknown, because the browser's timings do not contain it and the path has several.
 */
method: string | null,
/**
 * The path, with every id replaced by `{id}`.
 */
path: string,
/**
 * Number of requests.
 */
count: number,
/**
 * Median duration; `null`: no requests.
 */
p50Ms: number | null,
/**
 * 95th percentile of the duration.
 */
p95Ms: number | null,
/**
 * Longest duration.
 */
worstMs: number | null,
/**
 * Number of failed requests: without an answer, with a server error (5xx) of the homeserver or a proxy in front
 * of it, or refused key uploads (4xx).
 */
failures: number, };

/**
 * A period in which a fault was seen.
 */
export type FaultWindow = {
/**
 * Start: some time before the first line.
 */
from: string,
/**
 * End: some time after the last line.
 */
to: string, };

/**
 * Whether the homeserver was slow, in general and when the call failed.
 */
export type LatencySummary = {
/**
 * All requests.
 */
all: LatencyFigures,
/**
 * Requests that overlap a KE-4 window.
 */
inFaultWindows: LatencyFigures,
/**
 * All other requests.
 */
outside: LatencyFigures,
/**
 * The periods in which KE-4 was seen.
 */
windows: Array<FaultWindow>,
/**
 * Per endpoint, the slowest first.
 */
byPath: Array<PathLatency>, };

/**
 * What the user noticed.
 */
export type MarkKind = "sound-cut" | "picture-frozen" | "cannot-read-message" | "other";

/**
 * A moment at which the user noticed a fault.
 */
export type Mark = {
/**
 * When the user set the mark.
 */
ts: string,
/**
 * What the user noticed.
 */
kind: MarkKind, };

/**
 * A capture session. Starting one deletes nothing: earlier evidence stays in the report.
 */
export type CaptureSession = {
/**
 * When the session started.
 */
startedAt: string,
/**
 * When the session stopped; `null`: it is running.
 */
stoppedAt: string | null,
/**
 * The marks in order of time; only the latest hundred are kept.
 */
marks: Array<Mark>, };

/**
 * State of a repair.
 */
export type RepairState = "running" | "repaired" | "refused" | "failed";

/**
 * The steps of a repair, in order.
 */
export type RepairStep = "checking" | "counting" | "claiming" | "uploading" | "testing";

/**
 * Why a repair did not start or did not finish.
 */
export type RepairProblem = "not-running" | "already-running" | "no-client" | "no-loop" | "not-alone" | "reload-first" | "identity-not-same" | "foreign-key" | "not-verifiable" | "too-many-keys" | "server" | "timed-out" | "still-refused" | "not-uploaded" | "not-given-back";

/**
 * A one-time key that the repair claimed.
 */
export type ClaimedKey = {
/**
 * `<algorithm>:<id>`
 */
keyId: string,
/**
 * The public key.
 */
key: string, };

/**
 * How a page ended, as far as this can be detected.
 */
export type PageEnd = "closed" | "reloaded" | "crashed" | "discarded" | "replaced" | "open" | "unknown";

/**
 * For a view: the time that the stored evidence covers.
 */
export type EarlierSummary = {
/**
 * When the earliest of the stored pages began.
 */
since: string,
/**
 * How many page loads are stored besides the current one, including those of other open tabs.
 */
pages: number, };

/**
 * The evidence of one earlier page load of the device.
 */
export type EarlierPage = {
/**
 * When the page began, by the clock of the device.
 */
beganAt: string,
/**
 * The latest time at which the page is known to have run.
 */
lastSeenAt: string,
/**
 * How the page ended.
 */
end: PageEnd,
/**
 * How many lines of each fault were seen, including those without an entry.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last: at most 200 entries, fewer if there was no room.
 */
entries: Array<Entry>,
/**
 * How many entries of that page were left out because there was no room.
 */
entriesLeftOut: number,
/**
 * The device's crypto store, as last seen in that page; `null`: it was not checked.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The state of the one-time key uploads, as last seen in that page.
 */
uploadLoop: UploadLoopStatus,
/**
 * The capture session of that page; `null`: none.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair that the user started in that page; `null`: none.
 */
repair: RepairStatus | null, };

/**
 * The latest repair of this page.
 */
export type RepairStatus = {
/**
 * State of the repair.
 */
state: RepairState,
/**
 * The last step that was started.
 */
step: RepairStep,
/**
 * When the repair was requested.
 */
startedAt: string,
/**
 * When the repair ended; `null`: it is still running.
 */
endedAt: string | null,
/**
 * The device that was repaired.
 */
deviceId: string | null,
/**
 * Number of keys that the server held before; `null`: the server was not asked.
 */
counted: number | null,
/**
 * The claimed keys. The server no longer has them.
 */
claimed: Array<ClaimedKey>,
/**
 * Whether the server gave away the fallback key because no one-time key was left.
 */
fallbackUsed: boolean,
/**
 * How often the server asked to wait (HTTP 429).
 */
waits: number,
/**
 * Number of other users' devices that were sent an invisible message so that they renew their Olm session with
 * this device.
 */
peersTold: number,
/**
 * Why the repair did not start or did not finish.
 */
problem: RepairProblem | null,
/**
 * Human-readable error of the server or the client.
 */
error: string | null, };

/**
 * A question that the diagnosis answers, in the runbook's order.
 */
export type FindingId = "otk-divergence" | "key-uploads" | "ke1-trigger" | "crypto-store" | "ke2-after-ke1" | "ke2-to-device-validation" | "ke2-call-transport" | "ke2-keys-not-sent" | "ke3-malformed" | "ke4-slow-homeserver";

/**
 * How certain an answer is.
 */
export type Verdict = "confirmed" | "likely" | "possible" | "ruled-out" | "unknown" | "not-applicable";

/**
 * The answer to a question with more answers than yes and no.
 */
export type Conclusion = "not-seen" | "divergence" | "exhaustion" | "client-loop" | "too-many-keys" | "uploads-refused" | "uploads-failing" | "evicted-store" | "several-tabs" | "restored-store" | "connection-lost" | "store-failing" | "store-full" | "store-version-conflict" | "store-corrupt" | "store-of-another" | "dead-key-claimed" | "old-identity-used" | "to-device-validation" | "call-transport" | "no-key-targets" | "peer-diverged" | "peer-without-keys" | "malformed-at-source" | "malformed-at-client" | "keys-missing" | "sender-not-trusted" | "possible-replay" | "damaged-message" | "slow-homeserver" | "failing-homeserver" | "delayed-events-refused" | "delayed-events-unsupported" | "delayed-event-expired" | "rate-limited" | "not-the-homeserver";

/**
 * A piece of evidence that a verdict is based on.
 */
export type EvidenceRef = {
/**
 * Index in the report's `entries`; `null` if it is not an entry.
 */
entry: number | null,
/**
 * Path of the evidence in the report (`cryptoStore.verdict`, `tabs.tabs[1].entries[0]`, `earlier[0].entries[2]`),
 * or in the evidence added to it (`server.oneTimeKeys[3]`).
 */
fact: string,
/**
 * The evidence in words.
 */
text: string, };

/**
 * A way to fix a fault, and its cost.
 */
export type Remedy = {
/**
 * What to do.
 */
title: string,
/**
 * What it affects and what may be lost, in one sentence.
 */
blastRadius: string, };

/**
 * The answer to one question.
 */
export type Finding = {
/**
 * The question.
 */
id: FindingId,
/**
 * The fault it is about; `null`: a possible cause of faults rather than one of the four.
 */
fault: Fault | null,
/**
 * The question in words.
 */
question: string,
/**
 * How certain the answer is, or the conclusion if there is one.
 */
verdict: Verdict,
/**
 * The answer, if there are several possible ones.
 */
conclusion: Conclusion | null,
/**
 * The reason in one or two sentences.
 */
because: string,
/**
 * When the trouble had ended, if something shows that; `null`: no sign of an end.
 */
over: string | null,
/**
 * The evidence for the verdict.
 */
evidence: Array<EvidenceRef>,
/**
 * What would settle the question, if it is open.
 */
missing: Array<string>,
/**
 * What to do next, in one sentence.
 */
next: string,
/**
 * Ids of the runbook queries that help.
 */
queries: Array<string>,
/**
 * Possible fixes, the least destructive first.
 */
remedies: Array<Remedy>, };

/**
 * An item of the runbook's checklist.
 */
export type Artefact = {
/**
 * Name of the item.
 */
name: string,
/**
 * Whether the report, or the evidence added to it, contains the item.
 */
inside: boolean,
/**
 * How to get the item, or where it is.
 */
how: string, };

/**
 * The diagnosis of a report.
 */
export type Diagnosis = {
/**
 * The result in one or a few sentences.
 */
summary: string,
/**
 * One finding per question, in the runbook's order; questions that do not apply come last.
 */
findings: Array<Finding>,
/**
 * Which items of the runbook's checklist are there, and which an administrator still has to add.
 */
artefacts: Array<Artefact>,
/**
 * How fast the homeserver answered; `null`: nothing was measured.
 */
latency: LatencySummary | null, };

/**
 * The language of a query.
 */
export type QueryLanguage = "sql" | "shell";

/**
 * The database that a query is for.
 */
export type Database = "postgres" | "sqlite" | "any";

/**
 * A read-only query for the homeserver's administrator, ready to paste.
 */
export type RunbookQuery = {
/**
 * The name by which findings refer to this query.
 */
id: string,
/**
 * What the query looks for.
 */
title: string,
/**
 * Language of the query.
 */
language: QueryLanguage,
/**
 * Database of the query.
 */
database: Database,
/**
 * The query itself.
 */
text: string,
/**
 * What its result proves.
 */
proves: string, };

/**
 * The queries for this report's user, device, events and time.
 */
export type Runbook = {
/**
 * Start of the relevant part of the homeserver's log, in UTC.
 */
from: string,
/**
 * End of the relevant part.
 */
to: string,
/**
 * The queries.
 */
queries: Array<RunbookQuery>, };

/**
 * The output of the diagnosis module.
 */
export type Analysis = {
/**
 * The diagnosis.
 */
diagnosis: Diagnosis,
/**
 * The administrator's next steps.
 */
runbook: Runbook, };

/**
 * A one-time key on the homeserver that nobody has claimed yet.
 */
export type OneTimeKeyRow = {
/**
 * The device's user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * `signed_curve25519`
 */
algorithm: string,
/**
 * The id without the algorithm.
 */
keyId: string,
/**
 * When the key was uploaded.
 */
addedAt?: string | null,
/**
 * The public key.
 */
key?: string | null, };

/**
 * How many one-time keys of one algorithm a device has.
 */
export type OneTimeKeyCount = {
/**
 * The device's user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * `signed_curve25519`
 */
algorithm: string,
/**
 * Number of keys left.
 */
count: number, };

/**
 * The key that the homeserver gives away when no one-time key is left.
 */
export type FallbackKeyRow = {
/**
 * The device's user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * `signed_curve25519`
 */
algorithm: string,
/**
 * The id without the algorithm.
 */
keyId: string,
/**
 * Whether the key was given away.
 */
used: boolean,
/**
 * The public key.
 */
key?: string | null, };

/**
 * A to-device message that the device has not fetched.
 */
export type DeviceInboxRow = {
/**
 * The receiving user.
 */
userId: string,
/**
 * The receiving device.
 */
deviceId: string,
/**
 * Position of the message in the stream.
 */
streamId: number,
/**
 * The event type; for an encrypted event, the outer type.
 */
type?: string | null,
/**
 * User id of the sender.
 */
sender?: string | null, };

/**
 * A device as listed by the homeserver.
 */
export type DeviceRow = {
/**
 * The device's user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * The device's display name.
 */
displayName?: string | null,
/**
 * When the device was last seen.
 */
lastSeen?: string | null, };

/**
 * The fields of an encrypted event's content that decide whether it can be read.
 */
export type EncryptedContent = {
/**
 * `m.megolm.v1.aes-sha2`; `null`: the field is missing.
 */
algorithm?: string | null,
/**
 * The encrypted payload; `null`: the field is missing.
 */
ciphertext?: string | null,
/**
 * Id of the Megolm session; `null`: the field is missing, or not a string.
 */
session_id?: string | null, };

/**
 * An event as stored on the homeserver. Only the parts of its content that matter are kept.
 */
export type StoredEvent = {
/**
 * Event id.
 */
eventId: string,
/**
 * The event's type.
 */
type?: string | null,
/**
 * User id of the sender.
 */
sender?: string | null,
/**
 * The room.
 */
roomId?: string | null,
/**
 * When the event was sent, according to the sender's server.
 */
originServerTs?: string | null,
/**
 * The stored content; `null`: nobody looked. Only `algorithm`, and whether `ciphertext` and `session_id` exist,
 * are used.
 */
content?: EncryptedContent | null, };

/**
 * A line of the homeserver's log.
 */
export type LogLine = {
/**
 * When the line was logged, in UTC.
 */
ts: string,
/**
 * `INFO`, `WARNING`, …
 */
level?: string | null,
/**
 * The request that the line belongs to: `POST-123`.
 */
request?: string | null,
/**
 * HTTP method; only for the line that ends a request.
 */
method?: string | null,
/**
 * Path; only for the line that ends a request.
 */
path?: string | null,
/**
 * HTTP status; only for the line that ends a request.
 */
status?: number | null,
/**
 * Duration of the request.
 */
durationMs?: number | null,
/**
 * The text of the line.
 */
text: string, };

/**
 * A request of a HAR file.
 */
export type HarRequest = {
/**
 * When the request was made.
 */
ts: string,
/**
 * HTTP method.
 */
method: string,
/**
 * Path from `/_matrix/` on, with every id replaced by `{id}`.
 */
path: string,
/**
 * HTTP status; 0: no answer came.
 */
status: number,
/**
 * From the start of the request to the end of the answer.
 */
durationMs: number,
/**
 * For a refused key upload: the key that the server named.
 */
refusal?: Refusal | null,
/**
 * For a key upload that failed for another reason: the server's `errcode`.
 */
errcode?: string | null, };

/**
 * Evidence from the server's side.
 */
export type ServerEvidence = {
/**
 * Rows of `e2e_one_time_keys_json`.
 */
oneTimeKeys?: Array<OneTimeKeyRow> | null,
/**
 * Number of one-time keys per device.
 */
oneTimeKeyCounts?: Array<OneTimeKeyCount> | null,
/**
 * Rows of `e2e_fallback_keys_json`.
 */
fallbackKeys?: Array<FallbackKeyRow> | null,
/**
 * Rows of `device_inbox`: messages that wait for a device.
 */
deviceInbox?: Array<DeviceInboxRow> | null,
/**
 * Rows of `devices`.
 */
devices?: Array<DeviceRow> | null,
/**
 * Events as stored on the homeserver.
 */
events?: Array<StoredEvent> | null,
/**
 * Lines of the homeserver's log.
 */
log?: Array<LogLine> | null,
/**
 * Requests of a HAR file.
 */
har?: Array<HarRequest> | null, };

/**
 * Where a device's id comes from.
 */
export type NamedBy = "log" | "signature" | "database";

/**
 * Kinds of trouble, worst first.
 */
export type TroubleKind = "refused-uploads" | "dead-keys" | "too-many-keys" | "failed-uploads" | "keys-used-up" | "upload-storm" | "delayed-events" | "unread-inbox";

/**
 * The cause of refused uploads.
 */
export type RefusalCause = "blank-store" | "several-tabs" | "same-identity";

/**
 * The id of a refused key.
 */
export type RefusedId = {
/**
 * `<algorithm>:<id>`
 */
keyId: string,
/**
 * How often the key was refused.
 */
count: number,
/**
 * When it was first refused.
 */
firstTs: string,
/**
 * When it was last refused.
 */
lastTs: string, };

/**
 * How many requests had a status.
 */
export type StatusCount = {
/**
 * HTTP status; 0: the client did not wait for the answer.
 */
status: number,
/**
 * Number of requests with this status.
 */
count: number, };

/**
 * Number of requests in an hour.
 */
export type HourCount = {
/**
 * When the hour began.
 */
ts: string,
/**
 * Number of requests.
 */
count: number, };

/**
 * One kind of trouble that a device has.
 */
export type Trouble = {
/**
 * The kind.
 */
kind: TroubleKind,
/**
 * Human-readable name, with the cause if known.
 */
name: string,
/**
 * Number of requests; for trouble found in the tables, number of rows.
 */
count: number,
/**
 * When the first of them came.
 */
firstTs: string | null,
/**
 * When the last of them came.
 */
lastTs: string | null,
/**
 * Requests per hour, from the first to the last; `null`: the time is too short to tell.
 */
perHour: number | null,
/**
 * Whether the trouble was still going on when the log ended; `null`: unknown.
 */
goingOn: boolean | null,
/**
 * The most likely cause of refused uploads; `null`: these files do not show it.
 */
cause: RefusalCause | null,
/**
 * Ids of refused keys, in the order of their first refusal.
 */
keyIds: Array<RefusedId>,
/**
 * HTTP statuses; 0: the client did not wait for the answer.
 */
statuses: Array<StatusCount>,
/**
 * Number of requests in each hour.
 */
hours: Array<HourCount>,
/**
 * Human-readable description.
 */
says: string, };

/**
 * A row of the query for devices at risk.
 */
export type DeviceAtRisk = {
/**
 * The device's user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * Number of one-time keys that the server holds for the device.
 */
oneTimeKeys: number,
/**
 * Number of these that were uploaded before the device's identity keys changed: nobody can use them.
 */
keysOfBefore: number,
/**
 * When the oldest of them was uploaded.
 */
oldestKeyAt: string | null,
/**
 * When the newest of them was uploaded.
 */
newestKeyAt: string | null,
/**
 * When the device's identity keys were uploaded or changed.
 */
keysChangedAt: string | null,
/**
 * Whether its fallback key was given away; `null`: it has none.
 */
fallbackUsed: boolean | null,
/**
 * Number of messages that wait for the device. The query stops counting at 1000, here and for keys.
 */
waiting: number,
/**
 * When the device was last seen.
 */
lastSeen: string | null,
/**
 * The user agent that the device was last seen with.
 */
userAgent: string | null, };

/**
 * A device in trouble.
 */
export type DeviceTrouble = {
/**
 * The device's user; `null`: the log names no user for these requests.
 */
userId: string | null,
/**
 * The device; `null`: the log does not say which of the user's devices it was.
 */
deviceId: string | null,
/**
 * Where the device's id comes from; `null`: it is unknown.
 */
namedBy: NamedBy | null,
/**
 * Clients by user agent, such as `Firefox/153.0`.
 */
clients: Array<string>,
/**
 * What is wrong, worst first.
 */
troubles: Array<Trouble>,
/**
 * Whether the trouble was still going on when the log ended; `null`: unknown.
 */
goingOn: boolean | null,
/**
 * When the trouble began.
 */
firstTs: string | null,
/**
 * When the trouble was last seen.
 */
lastTs: string | null,
/**
 * The row of this device in the query for devices at risk.
 */
atRisk: DeviceAtRisk | null, };

/**
 * An endpoint with slow requests.
 */
export type SlowEndpoint = {
/**
 * HTTP method.
 */
method: string,
/**
 * Path from `/_matrix/` on, with every id replaced by `{id}`.
 */
path: string,
/**
 * Number of requests that took two seconds or more.
 */
count: number,
/**
 * Mean duration of these requests.
 */
meanMs: number,
/**
 * Duration of the slowest request.
 */
longestMs: number, };

/**
 * Activity of the homeserver in one hour.
 */
export type SurveyHour = {
/**
 * When the hour began.
 */
ts: string,
/**
 * All requests.
 */
requests: number,
/**
 * Refused key uploads.
 */
refused: number,
/**
 * Key uploads that failed for another reason.
 */
failed: number,
/**
 * Delayed events that failed or were slow.
 */
delayed: number,
/**
 * Slow requests.
 */
slow: number, };

/**
 * How many devices the query for devices at risk covered.
 */
export type Coverage = {
/**
 * Number of devices covered, the most recently seen first.
 */
lookedAt: number,
/**
 * Whether more devices were seen within the last 30 days than the query covers.
 */
isCut: boolean, };

/**
 * How many log lines were not used, and why.
 */
export type Skipped = {
/**
 * Lines without a Synapse timestamp: tracebacks, and lines of other programs.
 */
noTime: number,
/**
 * Lines that are cut off, or not in Synapse's format.
 */
cut: number,
/**
 * Lines that are too long; only the beginning was read.
 */
tooLong: number,
/**
 * Lines that contain NUL bytes.
 */
nul: number,
/**
 * Lines that are not valid UTF-8.
 */
notUtf8: number, };

/**
 * The devices in trouble, worst first, according to the homeserver's log and tables.
 */
export type Survey = {
/**
 * The earliest time in the logs; `null`: no log was read.
 */
from: string | null,
/**
 * The latest time in the logs.
 */
to: string | null,
/**
 * Number of requests in the logs.
 */
requests: number,
/**
 * The devices in trouble, worst first.
 */
devices: Array<DeviceTrouble>,
/**
 * Number of devices that uploaded keys without trouble.
 */
healthy: number,
/**
 * Endpoints with slow requests; the one with the most slow time in total comes first.
 */
endpoints: Array<SlowEndpoint>,
/**
 * Every hour in which something happened.
 */
hours: Array<SurveyHour>,
/**
 * How many devices the query for devices at risk covered; `null`: no answer, or one of an older format.
 */
coverage: Coverage | null,
/**
 * Log lines that were not used.
 */
skipped: Skipped,
/**
 * Human-readable notes: what was left out, and what these files cannot show.
 */
notes: Array<string>, };

/**
 * Everything that this page can report by itself.
 */
export type PageReport = {
/**
 * `lotus-crypto-diag/1`
 */
schema: string,
/**
 * When the report was created, by this device's clock.
 */
generatedAt: string,
/**
 * When capture began; `null`: it is not running.
 */
capturingSince: string | null,
/**
 * State of the library.
 */
status: CaptureStatus,
/**
 * Lines seen per fault, including lines for which no entry was kept.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last; at most 200 entries.
 */
entries: Array<Entry>,
/**
 * Whether storage is persistent; `null`: not checked yet.
 */
storage: StorageStatus | null,
/**
 * The device's crypto store; `null`: not checked.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys, and whether they are refused again and again.
 */
uploadLoop: UploadLoopStatus,
/**
 * The page.
 */
environment: Environment,
/**
 * Human-readable notes: what could not be determined, and why.
 */
notes: Array<string>,
/**
 * Human-readable notes: what this page can never see.
 */
blindSpots: Array<string>,
/**
 * Version of matrix-js-sdk, given by the host: the SDK does not expose it at run time.
 */
sdkVersion: string | null,
/**
 * Result of `CryptoApi.getVersion()`: the crypto library and its vodozemac version.
 */
cryptoVersion: string | null,
/**
 * User id.
 */
userId: string | null,
/**
 * Device id.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client's encryption is running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), if the report was asked to include it.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), if the report was asked to include it.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also if there is no backup.
 */
keyBackupVersion: string | null,
/**
 * Whether cross-signing is set up and usable on this device.
 */
crossSigningReady: boolean | null, };

/**
 * The report as saved to a file.
 */
export type Report = {
/**
 * The tabs of the session; `null`: the other tabs were not asked. Each tab's part is redacted.
 */
tabs: Tabs | null,
/**
 * How fast the homeserver answered; `null`: nothing was measured.
 */
latency: Latency | null,
/**
 * The capture session that the user ran; `null`: none.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair of the one-time keys that the user started; `null`: none.
 */
repair: RepairStatus | null,
/**
 * Earlier page loads whose evidence was kept, the oldest first.
 */
earlier: Array<EarlierPage>,
/**
 * The diagnosis; `null`: its module was not loaded.
 */
diagnosis: Diagnosis | null,
/**
 * The administrator's next steps; `null`: the diagnosis module was not loaded.
 */
runbook: Runbook | null,
/**
 * `lotus-crypto-diag/1`
 */
schema: string,
/**
 * When the report was created, by this device's clock.
 */
generatedAt: string,
/**
 * When capture began; `null`: it is not running.
 */
capturingSince: string | null,
/**
 * State of the library.
 */
status: CaptureStatus,
/**
 * Lines seen per fault, including lines for which no entry was kept.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last; at most 200 entries.
 */
entries: Array<Entry>,
/**
 * Whether storage is persistent; `null`: not checked yet.
 */
storage: StorageStatus | null,
/**
 * The device's crypto store; `null`: not checked.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys, and whether they are refused again and again.
 */
uploadLoop: UploadLoopStatus,
/**
 * The page.
 */
environment: Environment,
/**
 * Human-readable notes: what could not be determined, and why.
 */
notes: Array<string>,
/**
 * Human-readable notes: what this page can never see.
 */
blindSpots: Array<string>,
/**
 * Version of matrix-js-sdk, given by the host: the SDK does not expose it at run time.
 */
sdkVersion: string | null,
/**
 * Result of `CryptoApi.getVersion()`: the crypto library and its vodozemac version.
 */
cryptoVersion: string | null,
/**
 * User id.
 */
userId: string | null,
/**
 * Device id.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client's encryption is running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), if the report was asked to include it.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), if the report was asked to include it.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also if there is no backup.
 */
keyBackupVersion: string | null,
/**
 * Whether cross-signing is set up and usable on this device.
 */
crossSigningReady: boolean | null, };
