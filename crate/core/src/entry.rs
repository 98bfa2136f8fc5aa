//! The vocabulary: what a piece of evidence is made of.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

mod fields;

/// The console method that a line was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Level {
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
}

/// The four faults of the runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Fault {
    /// The homeserver refuses one-time-key uploads with 400 "already exists".
    #[serde(rename = "KE-1")]
    Ke1,
    /// Media keys of a call do not arrive: sound or picture drops out.
    #[serde(rename = "KE-2")]
    Ke2,
    /// An event of the timeline cannot be decrypted.
    #[serde(rename = "KE-3")]
    Ke3,
    /// A delayed event of a call's membership timed out.
    #[serde(rename = "KE-4")]
    Ke4,
}

impl Fault {
    /// All four, in the runbook's order.
    pub const ALL: [Self; 4] = [Self::Ke1, Self::Ke2, Self::Ke3, Self::Ke4];
}

/// Lines seen of each fault since the capture began, whether or not an entry was kept for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FaultCounts {
    #[serde(rename = "KE-1")]
    ke1: u32,
    #[serde(rename = "KE-2")]
    ke2: u32,
    #[serde(rename = "KE-3")]
    ke3: u32,
    #[serde(rename = "KE-4")]
    ke4: u32,
}

impl FaultCounts {
    /// One more line of `fault`.
    pub const fn add(&mut self, fault: Fault) {
        let count = match fault {
            Fault::Ke1 => &mut self.ke1,
            Fault::Ke2 => &mut self.ke2,
            Fault::Ke3 => &mut self.ke3,
            Fault::Ke4 => &mut self.ke4,
        };
        *count = count.saturating_add(1);
    }

    /// What came since `before`.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            ke1: self.ke1.saturating_sub(before.ke1),
            ke2: self.ke2.saturating_sub(before.ke2),
            ke3: self.ke3.saturating_sub(before.ke3),
            ke4: self.ke4.saturating_sub(before.ke4),
        }
    }

    /// Lines seen of `fault`.
    pub const fn get(&self, fault: Fault) -> u32 {
        match fault {
            Fault::Ke1 => self.ke1,
            Fault::Ke2 => self.ke2,
            Fault::Ke3 => self.ke3,
            Fault::Ke4 => self.ke4,
        }
    }
}

/// What the line of an entry says, as far as it could be read. A part that the line does not give is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Detail {
    /// KE-1: the homeserver refused this one-time key.
    Refusal(Refusal),
    /// KE-1: the bare words "already exists", of whatever: kept, but no proof of a refusal.
    Clue,
    /// KE-1: an upload of keys failed, and not because a key exists already.
    UploadFailed {
        /// HTTP status of the answer; `null`: no answer came, or the line does not say.
        http_status: Option<u16>,
        /// The homeserver's `errcode`, as in `M_TOO_LARGE`.
        errcode: Option<String>,
    },
    /// KE-2: the media key of this index is missing.
    MissingKey {
        /// Who sends the media: `@user:server:DEVICE`.
        participant: Option<String>,
        /// Index of the key in the participant's key ring.
        index: Option<u32>,
    },
    /// KE-2: no media key at all is known of this participant. `LiveKit` says so of the device's own media, too: what
    /// cannot be encrypted is not sent.
    MissingKeySet {
        /// Who sends the media.
        participant: Option<String>,
        /// Index of the key that was looked for.
        index: Option<u32>,
    },
    /// KE-2: a media key is there, but it does not open the frames.
    InvalidKey {
        /// Who sends the media.
        participant: Option<String>,
    },
    /// KE-2: `LiveKit` gave up on the key of this index, missing or wrong. From here on it drops the frames without a word,
    /// until it is given another key: that no line follows is no sign of an end.
    KeyMarkedInvalid {
        /// Who sends the media.
        participant: Option<String>,
        /// Index of the key in the participant's key ring.
        index: Option<u32>,
    },
    /// KE-2: `LiveKit` goes on failing to decrypt, and logs no more of it: that no line follows is no sign of an end.
    KeyErrorsSuppressed {
        /// Who sends the media.
        participant: Option<String>,
    },
    /// KE-2: this device has a media key to send, and found nobody to send it to. Ordinary for the only one in a call.
    NoKeyTargets,
    /// KE-2: this device could not make an Olm session with another one, so it can send it no keys.
    OlmSessionFailed {
        /// User id of the other device.
        user_id: Option<String>,
        /// The other device.
        device_id: Option<String>,
        /// The words of the crypto library.
        reason: Option<String>,
    },
    /// KE-2: a media key arrived **and was decrypted**. This is the normal case, and evidence against a lost key.
    ToDeviceOpened {
        /// User id of the sender.
        sender: Option<String>,
    },
    /// KE-2: an encrypted to-device event arrived and could not be decrypted; which type it had is not known.
    ToDeviceUnopened {
        /// User id of the sender.
        sender: Option<String>,
        /// The words of the crypto library.
        reason: Option<String>,
    },
    /// KE-2: the media-key event is mentioned, and nothing more could be read.
    MediaKeyMention,
    /// KE-3: the event itself is malformed: no key can ever open it.
    Malformed {
        /// The event.
        #[serde(flatten)]
        event: TimelineEvent,
        /// What is wrong with it.
        cause: MalformedCause,
        /// The SDK's own words.
        reason: String,
    },
    /// KE-3: an ordinary "unable to decrypt" (no key, sent before this login, …): not a fault of this kind.
    Undecryptable {
        /// The event.
        #[serde(flatten)]
        event: TimelineEvent,
        /// The SDK's own words.
        reason: Option<String>,
    },
    /// KE-4: a delayed event could not be sent, restarted or cancelled in time.
    DelayedEvent(CallMembership),
    /// KE-4: the manager of this device's call membership had to retry, rejoin or stop.
    Membership(CallMembership),
}

impl Detail {
    /// Whether a line of it counts for its fault. An upload of keys that failed otherwise than by a refused key is no KE-1:
    /// it is kept beside it, and not counted.
    pub const fn is_counted(&self) -> bool {
        !matches!(self, Self::UploadFailed { .. })
    }

    /// How many kinds there are.
    pub(crate) const KINDS: usize = 17;

    /// The running number of the kind, below [`Self::KINDS`].
    pub(crate) const fn ordinal(&self) -> usize {
        match self {
            Self::Refusal(_) => 0,
            Self::Clue => 1,
            Self::MissingKey { .. } => 2,
            Self::MissingKeySet { .. } => 3,
            Self::InvalidKey { .. } => 4,
            Self::ToDeviceOpened { .. } => 5,
            Self::ToDeviceUnopened { .. } => 6,
            Self::MediaKeyMention => 7,
            Self::Malformed { .. } => 8,
            Self::Undecryptable { .. } => 9,
            Self::DelayedEvent(_) => 10,
            Self::Membership(_) => 11,
            Self::KeyMarkedInvalid { .. } => 12,
            Self::UploadFailed { .. } => 13,
            Self::KeyErrorsSuppressed { .. } => 14,
            Self::NoKeyTargets => 15,
            Self::OlmSessionFailed { .. } => 16,
        }
    }
}

/// A one-time key that the homeserver refused, because it has another one under the same id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Refusal {
    /// `<algorithm>:<id>`, as in `signed_curve25519:AAAAAAAAAA0`.
    pub key_id: String,
    /// The public key that the server holds (unpadded base64).
    pub old_key: Option<String>,
    /// The public key that this device tried to upload under the same id.
    pub new_key: Option<String>,
    /// Whose keys they are, by their signatures.
    pub device_id: Option<String>,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
}

impl Refusal {
    /// Whether the two sides hold different keys under one id; `None` where one of the keys is not known.
    pub fn diverges(&self) -> Option<bool> {
        Some(self.old_key.as_ref()? != self.new_key.as_ref()?)
    }
}

/// The event that a decryption failure is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TimelineEvent {
    /// Event id.
    pub event_id: Option<String>,
    /// Room id.
    pub room_id: Option<String>,
    /// User id of the sender.
    pub sender: Option<String>,
}

/// Why an encrypted event can be opened by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum MalformedCause {
    /// A field that the algorithm needs is not there, often `algorithm` itself.
    MissingField,
    /// A field holds a value of the wrong type.
    InvalidType,
    /// `algorithm` names one that nobody here speaks.
    UnsupportedAlgorithm,
    /// The ciphertext or a key is no base64.
    BadBase64,
    /// Some other failure to read the event's content.
    Unreadable,
}

/// What the manager of a call's membership, or the widget driver on its behalf, said of a request.
///
/// One failure is often told twice: by the driver in the window, which knows the server's answer, and right after by the
/// manager in the frame, which knows the room and the retries. `delayId`, where the server answered, and the time else
/// tell that both are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CallMembership {
    /// Room of the call.
    pub room_id: Option<String>,
    /// The request that failed.
    pub request: Option<CallRequest>,
    /// How it failed.
    pub failure: Option<CallFailure>,
    /// HTTP status, where the server answered at all.
    pub http_status: Option<u16>,
    /// The server's `errcode`, where it gave one: `M_NOT_FOUND`.
    #[serde(default)]
    pub errcode: Option<String>,
    /// The server's id of the delayed event.
    pub delay_id: Option<String>,
    /// Retries made so far; of lines folded into one entry, the most.
    pub attempt: Option<u32>,
    /// Retries after which it gives up.
    pub max_attempts: Option<u32>,
    /// Whether the server had taken this device out of the call, so that it joins again: the others saw it leave.
    #[serde(default)]
    pub rejoins: bool,
    /// Whether the manager stopped for good: this device is out of the call for the others.
    pub gave_up: bool,
}

impl CallMembership {
    /// Whether both are about the same failure of the same request, however many retries apart.
    pub(crate) fn continues(&self, earlier: &Self) -> bool {
        *self == Self { attempt: self.attempt, max_attempts: self.max_attempts, ..earlier.clone() }
    }
}

/// A request by which a device keeps itself in a call. The delayed leave is an event that the server sends for a device
/// that was not heard of in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CallRequest {
    /// Hands the delayed leave to the server.
    ScheduleLeave,
    /// Starts its timer anew.
    RestartLeave,
    /// Takes it back.
    CancelLeave,
    /// Has it sent now.
    SendLeave,
    /// One of the last three: what a widget's host says is not which.
    UpdateLeave,
    /// Sends the membership event itself: to join, to stay, to leave.
    Membership,
}

/// How a request of a call's membership failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CallFailure {
    /// The server did not answer within the time that the client gives it.
    TimedOut,
    /// The server could not be reached.
    Unreachable,
    /// The server answered with an error: see the status.
    Refused,
}

/// One kept piece of evidence: a line of the console, and how often it came.
///
/// Repeats that say the same are folded into one entry. `message` is the first of them, verbatim apart from secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Entry {
    /// When `message` was logged. The same as `firstTs`.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// The console method.
    pub level: Level,
    /// The fault of the runbook.
    pub ke: Fault,
    /// The words by which the line was recognised.
    pub signature: String,
    /// The line, formatted as the console would, secrets replaced by `[redacted]`.
    pub message: String,
    /// Whether `message` was cut at 16 KiB.
    pub truncated: bool,
    /// Where it was logged: `window`, `frame:<path>` or `network`.
    pub source: String,
    /// How many lines this entry stands for.
    pub count: u32,
    /// When the first of them came.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest of them came.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// The latest line, where its words are not those of `message` (a retry counter, a message id).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub last_message: Option<String>,
    /// What the line says.
    pub detail: Detail,
}
