//! Asks the SDK for the homeserver's copy of events that could not be decrypted.

use futures_util::future::join_all;
use wasm_bindgen::prelude::*;

use super::bounded::{NoAnswer, PATIENCE_MS, within_ms};
use super::convert::explain;
use super::shape::{call, field, is_missing, type_of};
use lotus_crypto_diag::server_evidence::{EncryptedContent, StoredEvent};
use lotus_crypto_diag::stored_events::{Field, UnreadEvent};

/// Replaces a value in an answer: only its presence matters.
const PRESENT: &str = "present";

/// Each event, or why it was not found. All are requested at once. No ciphertext is passed on.
pub(crate) async fn fetch_events(mx: &JsValue, unread: Vec<UnreadEvent>) -> Vec<Result<StoredEvent, String>> {
    join_all(unread.into_iter().map(|unread| fetch_event(mx, unread))).await
}

async fn fetch_event(mx: &JsValue, UnreadEvent { event_id, room_id }: UnreadEvent) -> Result<StoredEvent, String> {
    let question = ["fetchRoomEvent() of ", &event_id].concat();
    let failed = |words: String| [&question, " failed: ", &words].concat();
    let method = field(mx, "fetchRoomEvent").map_err(|error| failed(explain(&error)))?;
    if !method.is_function() {
        return Err(failed("the client has no such method".into()));
    }
    let asked = call(mx, "fetchRoomEvent", &[&room_id, &event_id]).map(JsCast::unchecked_into);
    let event = within_ms(&question, PATIENCE_MS, asked).await.map_err(NoAnswer::into_words).map_err(failed)?;
    let content = encrypted_content(&event, &event_id).map_err(|error| failed(explain(&error)))?;
    let content = content.ok_or_else(|| [&*question, " gave no encrypted event: it may be redacted"].concat())?;
    let (sender, event_type, origin_server_ts) = (None, None, None);
    Ok(StoredEvent { event_id, event_type, sender, room_id: Some(room_id), origin_server_ts, content: Some(content) })
}

/// `None` for a redacted event: its content is gone and proves nothing.
fn encrypted_content(event: &JsValue, event_id: &str) -> Result<Option<EncryptedContent>, JsValue> {
    if field(event, "event_id")? != event_id || field(event, "type")? != "m.room.encrypted" {
        return Ok(None);
    }
    let content = field(event, "content")?;
    if field(&field(event, "unsigned")?, "redacted_because")?.is_truthy() || !content.is_object() {
        return Ok(None);
    }
    Ok(Some(EncryptedContent {
        algorithm: given(&field(&content, "algorithm")?).map(Field::named),
        ciphertext: given(&field(&content, "ciphertext")?).map(Field::masked),
        session_id: field(&content, "session_id")?.is_string().then(|| PRESENT.into()),
    }))
}

fn given(value: &JsValue) -> Option<Field> {
    let field = || value.as_string().map_or_else(|| Field::Other(type_of(value)), Field::Text);
    (!is_missing(value)).then(field)
}
