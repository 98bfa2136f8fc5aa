// Written from the Rust model by `make bindings`.

/**
 * The console method that a line was written with.
 */
export type Level = "warn" | "error";

/**
 * The four faults of the runbook.
 */
export type Fault = "KE-1" | "KE-2" | "KE-3" | "KE-4";

/**
 * Lines seen of each fault since the capture began, whether or not an entry was kept for them.
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
 * Whose keys they are, by their signatures.
 */
deviceId: string | null,
/**
 * The HTTP status of the answer.
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
 * Why an encrypted event can be opened by nobody.
 */
export type MalformedCause = "missing-field" | "invalid-type" | "unsupported-algorithm" | "bad-base64" | "unreadable";

/**
 * A request by which a device keeps itself in a call. The delayed leave is an event that the server sends for a device
 * that was not heard of in time.
 */
export type CallRequest = "schedule-leave" | "restart-leave" | "cancel-leave" | "send-leave" | "update-leave" | "membership";

/**
 * How a request of a call's membership failed.
 */
export type CallFailure = "timed-out" | "unreachable" | "refused";

/**
 * What the manager of a call's membership, or the widget driver on its behalf, said of a request.
 *
 * One failure is often told twice: by the driver in the window, which knows the server's answer, and right after by the
 * manager in the frame, which knows the room and the retries. `delayId`, where the server answered, and the time else
 * tell that both are one.
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
 * HTTP status, where the server answered at all.
 */
httpStatus: number | null,
/**
 * The server's `errcode`, where it gave one: `M_NOT_FOUND`.
 */
errcode: string | null,
/**
 * The server's id of the delayed event.
 */
delayId: string | null,
/**
 * Retries made so far; of lines folded into one entry, the most.
 */
attempt: number | null,
/**
 * Retries after which it gives up.
 */
maxAttempts: number | null,
/**
 * Whether the server had taken this device out of the call, so that it joins again: the others saw it leave.
 */
rejoins: boolean,
/**
 * Whether the manager stopped for good: this device is out of the call for the others.
 */
gaveUp: boolean, };

/**
 * What the line of an entry says, as far as it could be read. A part that the line does not give is `null`.
 */
export type Detail = { "kind": "refusal" } & Refusal | { "kind": "clue" } | { "kind": "upload-failed",
/**
 * HTTP status of the answer; `null`: no answer came, or the line does not say.
 */
httpStatus: number | null,
/**
 * The homeserver's `errcode`, as in `M_TOO_LARGE`.
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
 * Index of the key that was looked for.
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
 * The words of the crypto library.
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
 * The words of the crypto library.
 */
reason: string | null, } | { "kind": "media-key-mention" } | { "kind": "malformed",
/**
 * What is wrong with it.
 */
cause: MalformedCause,
/**
 * The SDK's own words.
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
 * The SDK's own words.
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
 * One kept piece of evidence: a line of the console, and how often it came.
 *
 * Repeats that say the same are folded into one entry. `message` is the first of them, verbatim apart from secrets.
 */
export type Entry = {
/**
 * When `message` was logged. The same as `firstTs`.
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
 * The words by which the line was recognised.
 */
signature: string,
/**
 * The line, formatted as the console would, secrets replaced by `[redacted]`.
 */
message: string,
/**
 * Whether `message` was cut at 16 KiB.
 */
truncated: boolean,
/**
 * Where it was logged: `window`, `frame:<path>` or `network`.
 */
source: string,
/**
 * How many lines this entry stands for.
 */
count: number,
/**
 * When the first of them came.
 */
firstTs: string,
/**
 * When the latest of them came.
 */
lastTs: string,
/**
 * The latest line, where its words are not those of `message` (a retry counter, a message id).
 */
lastMessage?: string,
/**
 * What the line says.
 */
detail: Detail, };

/**
 * What became of the wish that storage be persistent.
 */
export type PersistRequest = "granted" | "denied" | "already" | "unsupported" | "error" | "not-asked";

/**
 * `navigator.storage`, as far as it answered (<https://storage.spec.whatwg.org/>).
 */
export type StorageStatus = {
/**
 * Whether the browser has `navigator.storage` with what is needed of it.
 */
supported: boolean,
/**
 * Whether the browser keeps the data until a person deletes it; `null`: it did not say.
 */
persisted: boolean | null,
/**
 * What became of the wish.
 */
request: PersistRequest,
/**
 * Bytes in use, as the browser estimates them.
 */
usage: number | null,
/**
 * Bytes that may be used.
 */
quota: number | null,
/**
 * For a person to read: what could not be found out, and why.
 */
error: string | null, };

/**
 * The verdict on a crypto store.
 */
export type StoreVerdict = "healthy" | "first-run" | "evicted" | "identity-changed" | "connection-lost" | "failing" | "full" | "version-conflict" | "corrupt" | "wrong-account" | "unknown";

/**
 * How the identity keys of the device compare with those that are remembered.
 */
export type IdentityCheck = "not-compared" | "first-seen" | "same" | "changed";

/**
 * The page lost its connection to the store while it was running. Whether the store is gone, the browser's list tells.
 */
export type StoreLoss = {
/**
 * When the first line came that says so.
 */
firstTs: string,
/**
 * When the latest came.
 */
lastTs: string,
/**
 * How many came.
 */
count: number,
/**
 * The first of them, secrets replaced by `[redacted]`.
 */
message: string, };

/**
 * The crypto store cannot be used as it should; what the client said of it.
 */
export type StoreTrouble = {
/**
 * What is wrong with it.
 */
kind: StoreTroubleKind,
/**
 * When the first line came that says so.
 */
firstTs: string,
/**
 * When the latest came.
 */
lastTs: string,
/**
 * How many came.
 */
count: number,
/**
 * The first of them, secrets replaced by `[redacted]`.
 */
message: string, };

/**
 * What is wrong with a crypto store, by what the client says of it; the gravest last.
 */
export type StoreTroubleKind = "connection-lost" | "failing" | "version-conflict" | "full" | "corrupt" | "wrong-account";

/**
 * What is known of a crypto store.
 */
export type CryptoStoreStatus = {
/**
 * The verdict.
 */
verdict: StoreVerdict,
/**
 * Since when it holds: of a healthy store, since when the device is known; of a lost one, when that was noticed.
 */
since: string | null,
/**
 * Whose store; `null` where nobody said.
 */
userId: string | null,
/**
 * Of which device.
 */
deviceId: string | null,
/**
 * Name of the database.
 */
database: string | null,
/**
 * Whether the database was there before the SDK could make it; `null`: the browser did not say, or it was too late.
 */
databaseExisted: boolean | null,
/**
 * How the identity keys compare.
 */
identity: IdentityCheck,
/**
 * When the device was last seen with the keys it had first.
 */
lastHealthy: string | null,
/**
 * The connection's loss under the running page, where it happened.
 */
loss: StoreLoss | null,
/**
 * Whether the browser still lists the database after that; `null`: it was not asked, or did not say.
 */
databaseListed: boolean | null,
/**
 * Whether two independent signs say that this browser deleted the device's keys, and the SDK has not made new ones yet:
 * it is not to be started. `false` in every doubtful case.
 */
keysDeleted: boolean,
/**
 * What else keeps the client from using the store; `null`: nothing that was seen.
 */
trouble: StoreTrouble | null,
/**
 * For a person to read: what could not be found out, and why.
 */
error: string | null, };

/**
 * Where the uploads stand.
 */
export type LoopState = "idle" | "suspected" | "looping" | "recovered";

/**
 * Whether uploads are held back.
 */
export type Breaker = "closed" | "open" | "off";

/**
 * The uploads of one-time keys, as far as this page saw them.
 */
export type UploadLoopStatus = {
/**
 * Where they stand.
 */
state: LoopState,
/**
 * Since when.
 */
since: string | null,
/**
 * What the latest refusal named.
 */
refusal: Refusal | null,
/**
 * Whether client and server hold different keys under that id (`true`: the two have diverged).
 */
diverges: boolean | null,
/**
 * The keys that were named since the last accepted upload, the latest last; at most 16.
 */
keyIds: Array<string>,
/**
 * Refusals by the server since the last accepted upload.
 */
refusals: number,
/**
 * When the first of them came.
 */
firstTs: string | null,
/**
 * When the latest came.
 */
lastTs: string | null,
/**
 * How often a minute the client tried, by the time between its first try and its latest; `null`: too few to tell.
 */
perMinute: number | null,
/**
 * Whether the network is watched, not the console alone.
 */
watched: boolean,
/**
 * Whether uploads are held back.
 */
breaker: Breaker,
/**
 * Requests that were answered from memory, and so spared the server.
 */
spared: number,
/**
 * Requests that were let through to see whether the server still refuses.
 */
probes: number,
/**
 * When the next of them is due.
 */
nextProbe: string | null,
/**
 * Uploads that the server accepted.
 */
accepted: number,
/**
 * Uploads that failed since then, other than because a key exists; `null`: none.
 */
failing: UploadFailures | null,
/**
 * More accepted uploads than a client needs; `null`: not so.
 */
surplus: KeySurplus | null, };

/**
 * Uploads that failed since the last accepted one, other than because a key exists already.
 */
export type UploadFailures = {
/**
 * How many.
 */
count: number,
/**
 * When the first of them failed.
 */
firstTs: string,
/**
 * When the latest did.
 */
lastTs: string,
/**
 * HTTP status of the latest; `null`: no answer came.
 */
httpStatus: number | null,
/**
 * The server's `errcode` in the latest, as in `M_TOO_LARGE`.
 */
errcode: string | null, };

/**
 * Accepted uploads of more one-time keys than a client needs: it keeps 50 of them on the server.
 */
export type KeySurplus = {
/**
 * How many uploads were accepted within ten minutes.
 */
uploads: number,
/**
 * How many one-time keys they carried.
 */
keys: number,
/**
 * How many the server holds, as it said last; `null`: it did not.
 */
held: number | null,
/**
 * When the first of them was accepted.
 */
firstTs: string,
/**
 * When the latest was.
 */
lastTs: string, };

/**
 * What a tab is to its session.
 */
export type TabRole = "leader" | "follower" | "solo";

/**
 * One open tab.
 */
export type Tab = {
/**
 * Its id, made anew with each load of the page.
 */
id: string,
/**
 * Whether it is the one that wrote the report.
 */
thisTab: boolean,
/**
 * What it is to its session; `null`: its host holds no election.
 */
role: TabRole | null,
/**
 * Since when it has this role.
 */
since: string | null,
/**
 * When its page was loaded.
 */
opened: string,
/**
 * Whether a person could see it; `null`: it did not say.
 */
visible: boolean | null,
/**
 * Lines seen of each fault in it.
 */
counts: FaultCounts,
/**
 * Its latest evidence; of the tab that wrote the report, that stands in `entries` of the report.
 */
entries: Array<Entry>, };

/**
 * The roll call of a session's tabs.
 */
export type Tabs = {
/**
 * Name of the session, as the host gave it; `null`: the host holds no election.
 */
session: string | null,
/**
 * The tabs that answered, this one first.
 */
tabs: Array<Tab>,
/**
 * Whether the active tab left it unanswered that this one asked for its place: closing it hands over at once.
 */
leaderSilent: boolean,
/**
 * For a person to read: why there is no election, or why others could not be asked.
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
 * For a person to read: why it is not `running`.
 */
reason: string | null,
/**
 * Version of the library.
 */
version: string, };

/**
 * What the Matrix client says of itself. `null` is what it could not or would not say.
 */
export type ClientFacts = {
/**
 * Version of matrix-js-sdk, from the host: the SDK does not tell it at run time.
 */
sdkVersion: string | null,
/**
 * What `CryptoApi.getVersion()` says, the library and its vodozemac.
 */
cryptoVersion: string | null,
/**
 * The user.
 */
userId: string | null,
/**
 * The device.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client has its encryption running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), where it was asked for.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), where it was asked for.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also where there is none.
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
 * Name and version of the app, from the host.
 */
app: string | null,
/**
 * `navigator.userAgent`.
 */
userAgent: string | null,
/**
 * Origin and path of the page; no query, no fragment: they may carry a login token.
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
 * Minutes that local time is ahead of UTC.
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
 * What happened to it.
 */
reason: RecoveryCause,
/**
 * Since when that is known.
 */
since: string | null,
/**
 * Which device that is; `null`: it is not known.
 */
deviceId: string | null, };

/**
 * What a view needs: small, and rebuilt only when something changed.
 */
export type Evidences = {
/**
 * Lines seen of each fault.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last.
 */
entries: Array<Entry>,
/**
 * The crypto store of this page's device; `null`: it was not asked about.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys.
 */
uploadLoop: UploadLoopStatus,
/**
 * Set where the encryption of the device is broken until somebody does something about it, and why.
 */
recovery: RecoveryReason | null,
/**
 * The capture session; `null` before the first was started.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair of the one-time keys that a person asked for; `null`: none.
 */
repair: RepairStatus | null, };

/**
 * One request to the homeserver that has ended.
 */
export type LatencySample = {
/**
 * When it was made.
 */
ts: string,
/**
 * Its path from `/_matrix/` on, without query, every id in it replaced by `{id}`.
 */
path: string,
/**
 * From its start to the end of the answer, or to its failure.
 */
durationMs: number,
/**
 * HTTP status; 0: no answer came; `null`: the browser did not tell.
 */
status: number | null, };

/**
 * The requests to the homeserver that the browser timed. The long poll of `/sync` and downloads of media are left out:
 * how long these last says nothing of the homeserver.
 */
export type Latency = {
/**
 * Since when requests are timed.
 */
since: string | null,
/**
 * How many there were, kept below or not.
 */
seen: number,
/**
 * From this time on none is missing; before it, only the slowest are kept.
 */
completeSince: string | null,
/**
 * The latest ones and, of those before, the slowest; in the order of time.
 */
samples: Array<LatencySample>, };

/**
 * What many requests come to.
 */
export type LatencyFigures = {
/**
 * How many.
 */
count: number,
/**
 * Half of them were faster than this; `null` where there are none.
 */
p50Ms: number | null,
/**
 * Nineteen of twenty were faster than this.
 */
p95Ms: number | null,
/**
 * The slowest.
 */
worstMs: number | null,
/**
 * How many had no answer, an error of the server (5xx) or of a proxy before it, or were an upload of keys that was
 * refused (4xx).
 */
failures: number, };

/**
 * The requests to one kind of endpoint.
 */
export type PathLatency = {
/**
 * HTTP method; `null` where it is not known: the browser's timings do not tell, and the path has several.
 */
method: string | null,
/**
 * The path, every id in it replaced by `{id}`.
 */
path: string,
/**
 * How many.
 */
count: number,
/**
 * Half of them were faster than this; `null` where there are none.
 */
p50Ms: number | null,
/**
 * Nineteen of twenty were faster than this.
 */
p95Ms: number | null,
/**
 * The slowest.
 */
worstMs: number | null,
/**
 * How many had no answer, an error of the server (5xx) or of a proxy before it, or were an upload of keys that was
 * refused (4xx).
 */
failures: number, };

/**
 * A span of time in which a fault was seen.
 */
export type FaultWindow = {
/**
 * When it begins: a while before the first line.
 */
from: string,
/**
 * When it ends: a while after the last.
 */
to: string, };

/**
 * Whether the homeserver was slow, and whether it was so when the call faltered.
 */
export type LatencySummary = {
/**
 * All requests.
 */
all: LatencyFigures,
/**
 * Those that were under way in a window of KE-4.
 */
inFaultWindows: LatencyFigures,
/**
 * Those that were not.
 */
outside: LatencyFigures,
/**
 * The windows of KE-4.
 */
windows: Array<FaultWindow>,
/**
 * By endpoint, the slowest first.
 */
byPath: Array<PathLatency>, };

/**
 * What a person noticed.
 */
export type MarkKind = "sound-cut" | "picture-frozen" | "cannot-read-message" | "other";

/**
 * "Now": set by hand, when a person notices a fault.
 */
export type Mark = {
/**
 * When.
 */
ts: string,
/**
 * What.
 */
kind: MarkKind, };

/**
 * A capture session. Its start clears nothing: what was seen before stays in the report.
 */
export type CaptureSession = {
/**
 * When it was started.
 */
startedAt: string,
/**
 * When it was stopped; `null`: it goes on.
 */
stoppedAt: string | null,
/**
 * The marks, in the order of time; the oldest are dropped beyond a hundred.
 */
marks: Array<Mark>, };

/**
 * How a repair stands.
 */
export type RepairState = "running" | "repaired" | "refused" | "failed";

/**
 * The steps of a repair, in their order.
 */
export type RepairStep = "checking" | "counting" | "claiming" | "uploading" | "testing";

/**
 * Why a repair was not begun, or did not come to its end.
 */
export type RepairProblem = "not-running" | "already-running" | "no-client" | "no-loop" | "not-alone" | "reload-first" | "identity-not-same" | "foreign-key" | "not-verifiable" | "too-many-keys" | "server" | "timed-out" | "still-refused" | "not-uploaded" | "not-given-back";

/**
 * A one-time key that was claimed away.
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
 * How a page ended, as far as the browser lets that be known.
 */
export type PageEnd = "closed" | "reloaded" | "crashed" | "discarded" | "replaced" | "open" | "unknown";

/**
 * For a view: how far the kept evidence reaches.
 */
export type EarlierSummary = {
/**
 * When the earliest of the kept pages began.
 */
since: string,
/**
 * How many page loads are kept beside the present one, those of other open tabs with them.
 */
pages: number, };

/**
 * What was seen in one earlier page load of the device.
 */
export type EarlierPage = {
/**
 * When the page began, by the clock of the device.
 */
beganAt: string,
/**
 * The latest moment at which the page is known to have run.
 */
lastSeenAt: string,
/**
 * How it ended.
 */
end: PageEnd,
/**
 * Lines seen of each fault, kept as an entry or not.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last: at most 200 entries, fewer where there was no room.
 */
entries: Array<Entry>,
/**
 * So many entries of that page were left out for want of room.
 */
entriesLeftOut: number,
/**
 * The device's crypto store, as it was seen last in that page; `null`: it was not asked about.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys, as they stood last in that page.
 */
uploadLoop: UploadLoopStatus,
/**
 * The capture session of that page; `null`: none.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair that a person asked for in that page; `null`: none.
 */
repair: RepairStatus | null, };

/**
 * The latest repair of this page.
 */
export type RepairStatus = {
/**
 * How it stands.
 */
state: RepairState,
/**
 * How far it came.
 */
step: RepairStep,
/**
 * When it was asked for.
 */
startedAt: string,
/**
 * When it ended; `null`: it has not.
 */
endedAt: string | null,
/**
 * Of which device.
 */
deviceId: string | null,
/**
 * How many keys the server held before; `null`: it was not asked.
 */
counted: number | null,
/**
 * The keys that were claimed away, which the server does not show any more.
 */
claimed: Array<ClaimedKey>,
/**
 * Whether the server handed out the fallback key, after the last one-time key.
 */
fallbackUsed: boolean,
/**
 * How often the server asked to wait (429).
 */
waits: number,
/**
 * Devices of others that were sent something invisible, so that their sessions with this one are renewed.
 */
peersTold: number,
/**
 * Why it was not begun, or did not come to its end.
 */
problem: RepairProblem | null,
/**
 * For a person to read: what the server or the client said.
 */
error: string | null, };

/**
 * A question of the runbook.
 */
export type FindingId = "otk-divergence" | "key-uploads" | "ke1-trigger" | "crypto-store" | "ke2-after-ke1" | "ke2-to-device-validation" | "ke2-call-transport" | "ke2-keys-not-sent" | "ke3-malformed" | "ke4-slow-homeserver";

/**
 * How sure an answer is.
 */
export type Verdict = "confirmed" | "likely" | "possible" | "ruled-out" | "unknown" | "not-applicable";

/**
 * The answer to a question that has more than yes and no.
 */
export type Conclusion = "not-seen" | "divergence" | "exhaustion" | "client-loop" | "too-many-keys" | "uploads-refused" | "uploads-failing" | "evicted-store" | "several-tabs" | "restored-store" | "connection-lost" | "store-failing" | "store-full" | "store-version-conflict" | "store-corrupt" | "store-of-another" | "dead-key-claimed" | "old-identity-used" | "to-device-validation" | "call-transport" | "no-key-targets" | "peer-diverged" | "peer-without-keys" | "malformed-at-source" | "malformed-at-client" | "keys-missing" | "sender-not-trusted" | "possible-replay" | "damaged-message" | "slow-homeserver" | "failing-homeserver" | "delayed-events-refused" | "delayed-events-unsupported" | "delayed-event-expired" | "rate-limited" | "not-the-homeserver";

/**
 * What a verdict rests on.
 */
export type EvidenceRef = {
/**
 * Index in `entries` of the report; `null` where it is none of them.
 */
entry: number | null,
/**
 * Where it stands: a path in the report (`cryptoStore.verdict`, `tabs.tabs[1].entries[0]`, `earlier[0].entries[2]`), or in
 * what was added to it (`server.oneTimeKeys[3]`).
 */
fact: string,
/**
 * What it says, for a person to read.
 */
text: string, };

/**
 * A way out, and what it costs.
 */
export type Remedy = {
/**
 * What to do.
 */
title: string,
/**
 * What it touches and what may be lost, in one sentence.
 */
blastRadius: string, };

/**
 * The answer to one question.
 */
export type Finding = {
/**
 * Which question.
 */
id: FindingId,
/**
 * Of which fault; `null`: of none of the four, but of what they may come from.
 */
fault: Fault | null,
/**
 * The question in words.
 */
question: string,
/**
 * How sure the answer is: where there is a conclusion, how sure that is.
 */
verdict: Verdict,
/**
 * The answer, where there is a choice of several.
 */
conclusion: Conclusion | null,
/**
 * The reason in one or two sentences.
 */
because: string,
/**
 * By when it was over, where something shows that it is; `null`: nothing does.
 */
over: string | null,
/**
 * What it rests on.
 */
evidence: Array<EvidenceRef>,
/**
 * What would decide it, where it is open.
 */
missing: Array<string>,
/**
 * What to do next, in one sentence.
 */
next: string,
/**
 * Ids of the runbook's queries that help.
 */
queries: Array<string>,
/**
 * What may be done about it, the least destructive first.
 */
remedies: Array<Remedy>, };

/**
 * A piece of the runbook's checklist.
 */
export type Artefact = {
/**
 * What it is.
 */
name: string,
/**
 * Whether it is in the report, or was added to it.
 */
inside: boolean,
/**
 * How to get it, or where it stands.
 */
how: string, };

/**
 * What the report says.
 */
export type Diagnosis = {
/**
 * One sentence or a few.
 */
summary: string,
/**
 * One finding for each question, in the runbook's order; those of which the question does not arise last.
 */
findings: Array<Finding>,
/**
 * What is inside of the runbook's checklist, and what an administrator still has to add.
 */
artefacts: Array<Artefact>,
/**
 * How fast the homeserver answered; `null`: nothing was timed.
 */
latency: LatencySummary | null, };

/**
 * What a statement is written in.
 */
export type QueryLanguage = "sql" | "shell";

/**
 * The database that a statement is for.
 */
export type Database = "postgres" | "sqlite" | "any";

/**
 * A read-only statement for the homeserver's administrator, ready to paste.
 */
export type RunbookQuery = {
/**
 * Its name, for findings to refer to.
 */
id: string,
/**
 * What it looks for.
 */
title: string,
/**
 * What it is written in.
 */
language: QueryLanguage,
/**
 * What it is for.
 */
database: Database,
/**
 * The statement.
 */
text: string,
/**
 * What its answer proves.
 */
proves: string, };

/**
 * The statements for this report's user, device, events and time.
 */
export type Runbook = {
/**
 * Where to begin in the homeserver's log, in UTC.
 */
from: string,
/**
 * Where to end.
 */
to: string,
/**
 * The statements.
 */
queries: Array<RunbookQuery>, };

/**
 * What the diagnosis module gives.
 */
export type Analysis = {
/**
 * What the report says.
 */
diagnosis: Diagnosis,
/**
 * How an administrator goes on.
 */
runbook: Runbook, };

/**
 * A one-time key that waits on the homeserver to be claimed.
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
 * When it was uploaded.
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
 * How many are left.
 */
count: number, };

/**
 * The key that is given out when no one-time key is left.
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
 * Whether it was given out.
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
 * Its place in the stream.
 */
streamId: number,
/**
 * The event's type: of an encrypted one the outer type.
 */
type?: string | null,
/**
 * Who sent it.
 */
sender?: string | null, };

/**
 * A device as the homeserver knows it.
 */
export type DeviceRow = {
/**
 * Its user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * Its name.
 */
displayName?: string | null,
/**
 * When it was last seen.
 */
lastSeen?: string | null, };

/**
 * The fields of an encrypted event's content that decide whether it can be read.
 */
export type EncryptedContent = {
/**
 * `m.megolm.v1.aes-sha2`; `null`: the field is not there.
 */
algorithm?: string | null,
/**
 * The encrypted payload; `null`: the field is not there.
 */
ciphertext?: string | null,
/**
 * Whose session; `null`: the field is not there, or no string.
 */
session_id?: string | null, };

/**
 * An event as the homeserver holds it. Of the content only what decides is kept.
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
 * Who sent it.
 */
sender?: string | null,
/**
 * The room.
 */
roomId?: string | null,
/**
 * When, by the sender's server.
 */
originServerTs?: string | null,
/**
 * The content as it is stored; `null`: it was not looked at. Read are `algorithm` and whether `ciphertext` and
 * `session_id` are there.
 */
content?: EncryptedContent | null, };

/**
 * A line of the homeserver's log.
 */
export type LogLine = {
/**
 * When, in UTC.
 */
ts: string,
/**
 * `INFO`, `WARNING`, …
 */
level?: string | null,
/**
 * The request that it belongs to: `POST-123`.
 */
request?: string | null,
/**
 * HTTP method, of the line that ends a request.
 */
method?: string | null,
/**
 * Path, of the line that ends a request.
 */
path?: string | null,
/**
 * HTTP status, of the line that ends a request.
 */
status?: number | null,
/**
 * How long the request took.
 */
durationMs?: number | null,
/**
 * The line.
 */
text: string, };

/**
 * A request of a HAR file.
 */
export type HarRequest = {
/**
 * When it was made.
 */
ts: string,
/**
 * HTTP method.
 */
method: string,
/**
 * Path from `/_matrix/` on, every id in it replaced by `{id}`.
 */
path: string,
/**
 * HTTP status; 0: no answer came.
 */
status: number,
/**
 * From its start to the end of the answer.
 */
durationMs: number,
/**
 * Of a refused upload of keys: what the server said.
 */
refusal?: Refusal | null,
/**
 * Of an upload of keys that failed otherwise: the server's `errcode`.
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
 * How many one-time keys a device has.
 */
oneTimeKeyCounts?: Array<OneTimeKeyCount> | null,
/**
 * Rows of `e2e_fallback_keys_json`.
 */
fallbackKeys?: Array<FallbackKeyRow> | null,
/**
 * Rows of `device_inbox`: what waits for a device.
 */
deviceInbox?: Array<DeviceInboxRow> | null,
/**
 * Rows of `devices`.
 */
devices?: Array<DeviceRow> | null,
/**
 * Events as the homeserver holds them.
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
 * Who says which device it is.
 */
export type NamedBy = "log" | "signature" | "database";

/**
 * Kinds of trouble, worst first.
 */
export type TroubleKind = "refused-uploads" | "dead-keys" | "too-many-keys" | "failed-uploads" | "keys-used-up" | "upload-storm" | "delayed-events" | "unread-inbox";

/**
 * What leads to refused uploads.
 */
export type RefusalCause = "blank-store" | "several-tabs" | "same-identity";

/**
 * The id of a key that was refused.
 */
export type RefusedId = {
/**
 * `<algorithm>:<id>`
 */
keyId: string,
/**
 * How often.
 */
count: number,
/**
 * The first time.
 */
firstTs: string,
/**
 * The last time.
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
 * How many.
 */
count: number, };

/**
 * How many requests there were in an hour.
 */
export type HourCount = {
/**
 * When the hour began.
 */
ts: string,
/**
 * How many.
 */
count: number, };

/**
 * One kind of trouble of a device.
 */
export type Trouble = {
/**
 * What is wrong.
 */
kind: TroubleKind,
/**
 * What it is called, and what led to it where that is known. For a person to read.
 */
name: string,
/**
 * How many requests; of what the tables say, how many rows.
 */
count: number,
/**
 * The first of them.
 */
firstTs: string | null,
/**
 * The last of them.
 */
lastTs: string | null,
/**
 * How often in an hour, from the first to the last; `null`: too short to say.
 */
perHour: number | null,
/**
 * Whether it still went on when the log ended; `null`: not known.
 */
goingOn: boolean | null,
/**
 * What most likely led to refused uploads; `null`: these files do not say.
 */
cause: RefusalCause | null,
/**
 * Ids of refused keys, the first refused first.
 */
keyIds: Array<RefusedId>,
/**
 * HTTP statuses; 0: the client did not wait for the answer.
 */
statuses: Array<StatusCount>,
/**
 * How many in each hour.
 */
hours: Array<HourCount>,
/**
 * For a person to read.
 */
says: string, };

/**
 * A row of the query for devices at risk.
 */
export type DeviceAtRisk = {
/**
 * Its user.
 */
userId: string,
/**
 * The device.
 */
deviceId: string,
/**
 * How many one-time keys the server holds of it.
 */
oneTimeKeys: number,
/**
 * How many of these were uploaded before its identity keys changed: nobody can use them.
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
 * When its identity keys were uploaded, or changed.
 */
keysChangedAt: string | null,
/**
 * Whether its fallback key was given out; `null`: it has none.
 */
fallbackUsed: boolean | null,
/**
 * How many messages wait for it; the query stops counting at 1000, as it does with keys.
 */
waiting: number,
/**
 * When it was last seen.
 */
lastSeen: string | null,
/**
 * The user agent that it was seen with.
 */
userAgent: string | null, };

/**
 * A device in trouble.
 */
export type DeviceTrouble = {
/**
 * `null`: the log names nobody for these requests.
 */
userId: string | null,
/**
 * `null`: the log does not say which of the user's devices it was.
 */
deviceId: string | null,
/**
 * Who says that it is this device; `null`: nobody does.
 */
namedBy: NamedBy | null,
/**
 * Clients by their user agents, such as `Firefox/153.0`.
 */
clients: Array<string>,
/**
 * What is wrong, worst first.
 */
troubles: Array<Trouble>,
/**
 * Whether it still went on when the log ended; `null`: not known.
 */
goingOn: boolean | null,
/**
 * When it began.
 */
firstTs: string | null,
/**
 * When it was seen last.
 */
lastTs: string | null,
/**
 * What the tables hold of it.
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
 * From `/_matrix/` on, every id in it replaced by `{id}`.
 */
path: string,
/**
 * How many requests took two seconds or more.
 */
count: number,
/**
 * How long these took in the mean.
 */
meanMs: number,
/**
 * How long the slowest took.
 */
longestMs: number, };

/**
 * An hour of the homeserver.
 */
export type SurveyHour = {
/**
 * When the hour began.
 */
ts: string,
/**
 * Requests in all.
 */
requests: number,
/**
 * Uploads of keys that were refused.
 */
refused: number,
/**
 * Uploads of keys that failed otherwise.
 */
failed: number,
/**
 * Delayed events in trouble.
 */
delayed: number,
/**
 * Slow requests.
 */
slow: number, };

/**
 * How far the query for devices at risk looked.
 */
export type Coverage = {
/**
 * At so many devices, the last seen first.
 */
lookedAt: number,
/**
 * Whether more devices were seen within the last 30 days than it looks at.
 */
isCut: boolean, };

/**
 * How many lines of the logs were not used, and why.
 */
export type Skipped = {
/**
 * Without a time that Synapse writes: tracebacks, and lines of other programs.
 */
noTime: number,
/**
 * Cut, or not in Synapse's form.
 */
cut: number,
/**
 * Longer than any line of use; its beginning was read.
 */
tooLong: number,
/**
 * With zeros in it.
 */
nul: number,
/**
 * Not in UTF-8.
 */
notUtf8: number, };

/**
 * The devices in trouble, worst first, by the homeserver's log and tables.
 */
export type Survey = {
/**
 * The first time in the logs; `null`: no log was read.
 */
from: string | null,
/**
 * The last time in the logs.
 */
to: string | null,
/**
 * How many requests the logs tell of.
 */
requests: number,
/**
 * The devices in trouble, worst first.
 */
devices: Array<DeviceTrouble>,
/**
 * How many devices uploaded keys and are in no trouble.
 */
healthy: number,
/**
 * Endpoints with slow requests, the slowest in all first.
 */
endpoints: Array<SlowEndpoint>,
/**
 * Each hour in which something happened.
 */
hours: Array<SurveyHour>,
/**
 * How far the query for devices at risk looked; `null`: its answer is not there, or of an older form.
 */
coverage: Coverage | null,
/**
 * Lines of the logs that say nothing here.
 */
skipped: Skipped,
/**
 * For a person to read: what was left out, and what cannot be known from these files.
 */
notes: Array<string>, };

/**
 * Everything that this page knows by itself.
 */
export type PageReport = {
/**
 * `lotus-crypto-diag/1`
 */
schema: string,
/**
 * When it was written, by the clock of the device.
 */
generatedAt: string,
/**
 * Since when lines are watched; `null`: not at all.
 */
capturingSince: string | null,
/**
 * State of the library.
 */
status: CaptureStatus,
/**
 * Lines seen of each fault, kept as an entry or not.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last: at most 200 entries.
 */
entries: Array<Entry>,
/**
 * Whether the browser keeps what is stored; `null`: it was not looked at yet.
 */
storage: StorageStatus | null,
/**
 * The device's crypto store; `null`: it was not asked about.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys, and whether they are refused for ever.
 */
uploadLoop: UploadLoopStatus,
/**
 * The page.
 */
environment: Environment,
/**
 * For a person to read: what could not be found out, and why.
 */
notes: Array<string>,
/**
 * For a person to read: what cannot be seen from this page at all.
 */
blindSpots: Array<string>,
/**
 * Version of matrix-js-sdk, from the host: the SDK does not tell it at run time.
 */
sdkVersion: string | null,
/**
 * What `CryptoApi.getVersion()` says, the library and its vodozemac.
 */
cryptoVersion: string | null,
/**
 * The user.
 */
userId: string | null,
/**
 * The device.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client has its encryption running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), where it was asked for.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), where it was asked for.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also where there is none.
 */
keyBackupVersion: string | null,
/**
 * Whether cross-signing is set up and usable on this device.
 */
crossSigningReady: boolean | null, };

/**
 * The report as it stands in the file.
 */
export type Report = {
/**
 * The tabs of the session; `null`: no roll was called. What others tell was redacted there.
 */
tabs: Tabs | null,
/**
 * How fast the homeserver answered; `null`: nothing was timed.
 */
latency: Latency | null,
/**
 * The capture session that a person ran; `null`: none.
 */
captureSession: CaptureSession | null,
/**
 * The latest repair of the one-time keys that a person asked for; `null`: none.
 */
repair: RepairStatus | null,
/**
 * The page loads before this one, the oldest first, as far as their evidence was kept.
 */
earlier: Array<EarlierPage>,
/**
 * What the report says; `null`: the module for it was not loaded.
 */
diagnosis: Diagnosis | null,
/**
 * How an administrator goes on; `null`: the module for it was not loaded.
 */
runbook: Runbook | null,
/**
 * `lotus-crypto-diag/1`
 */
schema: string,
/**
 * When it was written, by the clock of the device.
 */
generatedAt: string,
/**
 * Since when lines are watched; `null`: not at all.
 */
capturingSince: string | null,
/**
 * State of the library.
 */
status: CaptureStatus,
/**
 * Lines seen of each fault, kept as an entry or not.
 */
counts: FaultCounts,
/**
 * The evidence, the most recent last: at most 200 entries.
 */
entries: Array<Entry>,
/**
 * Whether the browser keeps what is stored; `null`: it was not looked at yet.
 */
storage: StorageStatus | null,
/**
 * The device's crypto store; `null`: it was not asked about.
 */
cryptoStore: CryptoStoreStatus | null,
/**
 * The uploads of one-time keys, and whether they are refused for ever.
 */
uploadLoop: UploadLoopStatus,
/**
 * The page.
 */
environment: Environment,
/**
 * For a person to read: what could not be found out, and why.
 */
notes: Array<string>,
/**
 * For a person to read: what cannot be seen from this page at all.
 */
blindSpots: Array<string>,
/**
 * Version of matrix-js-sdk, from the host: the SDK does not tell it at run time.
 */
sdkVersion: string | null,
/**
 * What `CryptoApi.getVersion()` says, the library and its vodozemac.
 */
cryptoVersion: string | null,
/**
 * The user.
 */
userId: string | null,
/**
 * The device.
 */
deviceId: string | null,
/**
 * `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
 */
syncState: string | null,
/**
 * Whether the client has its encryption running.
 */
cryptoReady: boolean | null,
/**
 * Public identity key of the device (`ed25519`), where it was asked for.
 */
ed25519Key: string | null,
/**
 * Public identity key of the device (`curve25519`), where it was asked for.
 */
curve25519Key: string | null,
/**
 * Version of the key backup that this device writes to; `null` also where there is none.
 */
keyBackupVersion: string | null,
/**
 * Whether cross-signing is set up and usable on this device.
 */
crossSigningReady: boolean | null, };
