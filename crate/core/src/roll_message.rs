//! The messages of a roll call, as JSON text.
//!
//! Every script of the origin can write to the channel, so a message that does not fit the model is ignored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::Entry;
use crate::foreign_json::{clean, is_shallow};
use crate::json::to_json;
use crate::tabs::{MAX_ENTRIES, Tab};

/// The longest message, in UTF-16 units.
pub const MAX_LENGTH: usize = 256 * 1024;

const VERSION: u32 = 2;
/// Deeper nesting than a valid message needs is rejected before the parser recurses into it.
const MAX_DEPTH: usize = 8;

/// A message of the roll call.
#[derive(Clone, Debug, PartialEq)]
pub enum RollMessage {
    /// The tab `from` asks which tabs are open.
    Who {
        /// Id of the tab that asks.
        from: String,
    },
    /// The tab `from` is closing.
    Bye {
        /// Id of the tab that closes.
        from: String,
    },
    /// This tab is open.
    Here(Tab),
    /// This tab is new, or its role changed.
    News(Tab),
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    session: Option<&'a str>,
    kind: &'static str,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tab: Option<&'a Tab>,
}

impl RollMessage {
    /// Id of the tab that sent the message.
    pub fn from(&self) -> &str {
        match self {
            Self::Who { from } | Self::Bye { from } => from,
            Self::Here(tab) | Self::News(tab) => &tab.id,
        }
    }

    /// The message as text for the tabs of `session`. Contains as many of the tab's latest entries as fit.
    pub fn to_text(&self, session: Option<&str>) -> String {
        let (kind, tab) = match self {
            Self::Who { .. } => ("who", None),
            Self::Bye { .. } => ("bye", None),
            Self::Here(tab) => ("here", Some(tab)),
            Self::News(tab) => ("news", Some(tab)),
        };
        let mut tab = tab.cloned();
        if let Some(tab) = &mut tab {
            keep_latest(&mut tab.entries);
        }
        loop {
            let from = self.from();
            let text = to_json(&Written { version: VERSION, session, kind, from, tab: tab.as_ref() });
            match &mut tab {
                Some(tab) if !fits(&text) && !tab.entries.is_empty() => _ = tab.entries.remove(0),
                _ => return text,
            }
        }
    }

    /// Reads the text that [`to_text`](Self::to_text) created in a tab of this session; `None` for anything else.
    pub fn parse(text: &str, session: Option<&str>) -> Option<Self> {
        if !fits(text) || !is_shallow(text, MAX_DEPTH) {
            return None;
        }
        let mut message: Value = serde_json::from_str(text).ok()?;
        let is_ours = message.get("version")? == VERSION && message.get("session")?.as_str() == session;
        let is_session = message.get("session")?.is_null() == session.is_none();
        let from = message.get("from")?.as_str().filter(|from| is_id(from))?.to_owned();
        if !is_ours || !is_session {
            return None;
        }
        let tab = message.get_mut("tab").map(Value::take);
        match message.get("kind")?.as_str()? {
            "who" => Some(Self::Who { from }),
            "bye" => Some(Self::Bye { from }),
            "here" => parse_tab(tab?, from).map(Self::Here),
            "news" => parse_tab(tab?, from).map(Self::News),
            _ => None,
        }
    }
}

/// Reads the tab `id` and redacts all of its texts. Entries that do not fit the model and unknown fields are dropped.
fn parse_tab(mut tab: Value, id: String) -> Option<Tab> {
    if tab.get("id")? != &*id {
        return None;
    }
    let Value::Array(mut entries) = tab.get_mut("entries")?.take() else { return None };
    *tab.get_mut("entries")? = Value::Array(Vec::new());
    clean(&mut tab);
    let tab = Tab::deserialize(tab).ok()?;
    keep_latest(&mut entries);
    let entries = entries.into_iter().filter_map(|mut entry| {
        clean(&mut entry);
        Entry::deserialize(entry).ok()
    });
    Some(Tab { id, this_tab: false, entries: entries.collect(), ..tab })
}

/// The form of ids in all versions. No secret has this form.
fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

fn fits(text: &str) -> bool {
    text.len() <= MAX_LENGTH || text.encode_utf16().count() <= MAX_LENGTH
}

fn keep_latest<T>(entries: &mut Vec<T>) {
    entries.drain(..entries.len().saturating_sub(MAX_ENTRIES));
}
