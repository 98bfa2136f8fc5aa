//! Deserialises a [`Detail`] by a struct with the fields of all variants. The code that serde derives for each variant
//! would be a tenth of the capture module.

use serde::{Deserialize, Deserializer, de};

use super::{CallFailure, CallMembership, CallRequest, Detail, MalformedCause, Refusal, TimelineEvent};

/// A field has the same type in all variants.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetailFields {
    kind: String,
    attempt: Option<u32>,
    cause: Option<MalformedCause>,
    delay_id: Option<String>,
    device_id: Option<String>,
    errcode: Option<String>,
    event_id: Option<String>,
    failure: Option<CallFailure>,
    gave_up: Option<bool>,
    http_status: Option<u16>,
    index: Option<u32>,
    key_id: Option<String>,
    max_attempts: Option<u32>,
    new_key: Option<String>,
    old_key: Option<String>,
    participant: Option<String>,
    reason: Option<String>,
    rejoins: Option<bool>,
    request: Option<CallRequest>,
    room_id: Option<String>,
    sender: Option<String>,
    user_id: Option<String>,
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DetailFields::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

impl TryFrom<DetailFields> for Detail {
    type Error = &'static str;

    fn try_from(fields: DetailFields) -> Result<Self, Self::Error> {
        const MISSING: &str = "a field of the detail is missing";
        let kind = fields.kind.clone();
        Ok(match &*kind {
            "refusal" => Self::Refusal(Refusal {
                key_id: fields.key_id.ok_or(MISSING)?,
                old_key: fields.old_key,
                new_key: fields.new_key,
                device_id: fields.device_id,
                http_status: fields.http_status,
            }),
            "clue" => Self::Clue,
            "upload-failed" => Self::UploadFailed { http_status: fields.http_status, errcode: fields.errcode },
            "missing-key" => Self::MissingKey { participant: fields.participant, index: fields.index },
            "missing-key-set" => Self::MissingKeySet { participant: fields.participant, index: fields.index },
            "invalid-key" => Self::InvalidKey { participant: fields.participant },
            "key-marked-invalid" => Self::KeyMarkedInvalid { participant: fields.participant, index: fields.index },
            "key-errors-suppressed" => Self::KeyErrorsSuppressed { participant: fields.participant },
            "no-key-targets" => Self::NoKeyTargets,
            "olm-session-failed" => {
                Self::OlmSessionFailed { user_id: fields.user_id, device_id: fields.device_id, reason: fields.reason }
            }
            "to-device-opened" => Self::ToDeviceOpened { sender: fields.sender },
            "to-device-unopened" => Self::ToDeviceUnopened { sender: fields.sender, reason: fields.reason },
            "media-key-mention" => Self::MediaKeyMention,
            "malformed" => Self::Malformed {
                cause: fields.cause.ok_or(MISSING)?,
                reason: fields.reason.clone().ok_or(MISSING)?,
                event: fields.event(),
            },
            "undecryptable" => Self::Undecryptable { reason: fields.reason.clone(), event: fields.event() },
            "delayed-event" => Self::DelayedEvent(fields.membership().ok_or(MISSING)?),
            "membership" => Self::Membership(fields.membership().ok_or(MISSING)?),
            _ => return Err("there is no such kind of detail"),
        })
    }
}

impl DetailFields {
    fn event(self) -> TimelineEvent {
        TimelineEvent { event_id: self.event_id, room_id: self.room_id, sender: self.sender }
    }

    fn membership(self) -> Option<CallMembership> {
        Some(CallMembership {
            room_id: self.room_id,
            request: self.request,
            failure: self.failure,
            http_status: self.http_status,
            errcode: self.errcode,
            delay_id: self.delay_id,
            attempt: self.attempt,
            max_attempts: self.max_attempts,
            rejoins: self.rejoins.unwrap_or_default(),
            gave_up: self.gave_up?,
        })
    }
}
