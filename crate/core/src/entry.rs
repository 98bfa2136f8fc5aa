//! Data types of a piece of evidence.

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

/// The four faults that the runbook describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Fault {
    /// The homeserver refuses one-time-key uploads with 400 "already exists".
    #[serde(rename = "KE-1")]
    Ke1,
    /// Media keys of a call do not arrive: sound or picture drops out.
    #[serde(rename = "KE-2")]
    Ke2,
    /// A timeline event cannot be decrypted.
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

/// Console lines seen per fault since capture began, including lines for which no entry was kept.
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
    /// Counts one more line of `fault`.
    pub const fn add(&mut self, fault: Fault) {
        let count = match fault {
            Fault::Ke1 => &mut self.ke1,
            Fault::Ke2 => &mut self.ke2,
            Fault::Ke3 => &mut self.ke3,
            Fault::Ke4 => &mut self.ke4,
        };
        *count = count.saturating_add(1);
    }

    /// The lines counted after `before` was taken.
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

/// What could be read from an entry's line. A part that the line does not contain is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Detail {
    /// KE-1: the homeserver refused this one-time key.
    Refusal(Refusal),
    /// KE-1: the words "already exists" alone. Kept, but no proof that a key was refused.
    Clue,
    /// KE-1: a key upload failed for a reason other than "already exists".
    UploadFailed {
        /// HTTP status of the answer; `null`: no answer came, or the line does not say.
        http_status: Option<u16>,
        /// The homeserver's `errcode`, for example `M_TOO_LARGE`.
        errcode: Option<String>,
    },
    /// KE-2: the media key of this index is missing.
    MissingKey {
        /// Who sends the media: `@user:server:DEVICE`.
        participant: Option<String>,
        /// Index of the key in the participant's key ring.
        index: Option<u32>,
    },
    /// KE-2: no media key at all is known for this participant. `LiveKit` also logs this for the device's own media:
    /// without a key it sends none.
    MissingKeySet {
        /// Who sends the media.
        participant: Option<String>,
        /// Index of the key that `LiveKit` looked for.
        index: Option<u32>,
    },
    /// KE-2: a media key exists, but does not decrypt the frames.
    InvalidKey {
        /// Who sends the media.
        participant: Option<String>,
    },
    /// KE-2: `LiveKit` gave up on the key with this index, because it is missing or wrong. It then drops frames
    /// silently until it gets another key, so the absence of further lines does not mean that the trouble is over.
    KeyMarkedInvalid {
        /// Who sends the media.
        participant: Option<String>,
        /// Index of the key in the participant's key ring.
        index: Option<u32>,
    },
    /// KE-2: `LiveKit` still fails to decrypt, but stops logging it. The absence of further lines does not mean that
    /// the trouble is over.
    KeyErrorsSuppressed {
        /// Who sends the media.
        participant: Option<String>,
    },
    /// KE-2: this device has a media key to send, but found no recipient. Normal for the only participant of a call.
    NoKeyTargets,
    /// KE-2: this device could not create an Olm session with another device, so it cannot send keys to it.
    OlmSessionFailed {
        /// User id of the other device.
        user_id: Option<String>,
        /// The other device.
        device_id: Option<String>,
        /// The crypto library's error message.
        reason: Option<String>,
    },
    /// KE-2: a media key arrived **and was decrypted**. The normal case, and evidence against a lost key.
    ToDeviceOpened {
        /// User id of the sender.
        sender: Option<String>,
    },
    /// KE-2: an encrypted to-device event arrived and could not be decrypted. The type of the event inside is unknown.
    ToDeviceUnopened {
        /// User id of the sender.
        sender: Option<String>,
        /// The crypto library's error message.
        reason: Option<String>,
    },
    /// KE-2: the line mentions the media-key event; nothing more could be read.
    MediaKeyMention,
    /// KE-3: the event itself is malformed, so no key can decrypt it.
    Malformed {
        /// The event.
        #[serde(flatten)]
        event: TimelineEvent,
        /// What is wrong with it.
        cause: MalformedCause,
        /// The SDK's error message.
        reason: String,
    },
    /// KE-3: an ordinary "unable to decrypt" (no key, sent before this login, …). Not caused by a malformed event.
    Undecryptable {
        /// The event.
        #[serde(flatten)]
        event: TimelineEvent,
        /// The SDK's error message.
        reason: Option<String>,
    },
    /// KE-4: a delayed event could not be sent, restarted or cancelled in time.
    DelayedEvent(CallMembership),
    /// KE-4: the manager of this device's call membership had to retry, rejoin or stop.
    Membership(CallMembership),
}

impl Detail {
    /// Whether such a line counts towards its fault. A key upload that failed without a refused key is kept as context
    /// for KE-1, but not counted.
    pub const fn is_counted(&self) -> bool {
        !matches!(self, Self::UploadFailed { .. })
    }

    /// The number of variants.
    pub(crate) const KINDS: usize = 17;

    /// A stable index for each variant, below [`Self::KINDS`].
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
    /// The device that signed the keys.
    pub device_id: Option<String>,
    /// HTTP status of the answer.
    pub http_status: Option<u16>,
}

impl Refusal {
    /// Whether the device and the homeserver hold different keys under one id; `None` if either key is unknown.
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

/// Why no device can decrypt an encrypted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum MalformedCause {
    /// A field that the algorithm needs is missing, often `algorithm` itself.
    MissingField,
    /// A field holds a value of the wrong type.
    InvalidType,
    /// `algorithm` names an algorithm that the client does not support.
    UnsupportedAlgorithm,
    /// The ciphertext or a key is not valid base64.
    BadBase64,
    /// The event's content could not be read for another reason.
    Unreadable,
}

/// A failure of a call-membership request, as logged by the membership manager or by the widget driver on its behalf.
///
/// One failure is often logged twice: first by the driver in the window, which knows the server's answer, then by the
/// manager in the frame, which knows the room and the retries. Both lines have the same `delayId` if the server
/// answered; if it did not, only their times show that they belong together.
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
    /// HTTP status, if the server answered.
    pub http_status: Option<u16>,
    /// The server's `errcode`, if it gave one: `M_NOT_FOUND`.
    #[serde(default)]
    pub errcode: Option<String>,
    /// The server's id of the delayed event.
    pub delay_id: Option<String>,
    /// Retries so far. In an entry that stands for several lines: the highest number.
    pub attempt: Option<u32>,
    /// Retries after which the manager gives up.
    pub max_attempts: Option<u32>,
    /// Whether the server had removed this device from the call, so that it rejoins: other participants saw it leave.
    #[serde(default)]
    pub rejoins: bool,
    /// Whether the manager stopped for good: to other participants, this device has left the call.
    pub gave_up: bool,
}

impl CallMembership {
    /// Whether both describe the same failure of the same request, ignoring the retry counters.
    pub(crate) fn continues(&self, earlier: &Self) -> bool {
        *self == Self { attempt: self.attempt, max_attempts: self.max_attempts, ..earlier.clone() }
    }
}

/// A request by which a device stays in a call. The delayed leave is an event that the server sends unless the device
/// restarts its timer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CallRequest {
    /// Schedules the delayed leave.
    ScheduleLeave,
    /// Restarts its timer.
    RestartLeave,
    /// Cancels it.
    CancelLeave,
    /// Asks the server to send it now.
    SendLeave,
    /// One of the three above; the line of a widget's host does not say which.
    UpdateLeave,
    /// Sends the membership event itself: to join, stay or leave.
    Membership,
}

/// How a call-membership request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CallFailure {
    /// The server did not answer within the client's time limit.
    TimedOut,
    /// The server could not be reached.
    Unreachable,
    /// The server answered with an error; see `httpStatus`.
    Refused,
}

/// One kept piece of evidence: a console line, and how often it appeared.
///
/// Lines that mean the same are grouped into one entry. `message` is the first of them, verbatim except for secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Entry {
    /// When `message` was logged. Same as `firstTs`.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// The console method.
    pub level: Level,
    /// The fault of the runbook.
    pub ke: Fault,
    /// The substring that identified the line.
    pub signature: String,
    /// The line as the console would format it, with secrets replaced by `[redacted]`.
    pub message: String,
    /// Whether a line of this entry was shortened; at most 16 KiB are kept.
    pub truncated: bool,
    /// Where the line was logged: `window`, `frame:<path>` or `network`.
    pub source: String,
    /// How many lines this entry stands for.
    pub count: u32,
    /// When the first line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// The latest line, if it differs from `message` (a retry counter, a message id).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "bindings", ts(optional))]
    pub last_message: Option<String>,
    /// What could be read from the line.
    pub detail: Detail,
}
