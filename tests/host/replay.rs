//! A part of a recorded session, to be replayed.

use std::fs;
use std::path::PathBuf;

use lotus_crypto_diag::entry::{Detail, Level};
use lotus_crypto_diag::signature::classify;
use serde::Deserialize;
use serde_json::Value;

use crate::recordings;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The scenario of the recording.
    recording: String,
    /// Only lines whose `frame` begins with this.
    context: String,
    /// Only these chapters, if any are given.
    #[serde(default)]
    chapters: Vec<String>,
    /// The time of the first chapter, whenever it was recorded; if left out, `from`.
    begins: Option<i64>,
    /// The part of the scenario, in milliseconds.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Whether the network is watched as well.
    #[serde(default)]
    pub(crate) uploads: bool,
}

pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) what: What,
}

pub(crate) enum What {
    Line { level: Level, source: String, text: String },
    Upload { status: u16, error: String, path: String },
}

impl Replay {
    pub(crate) fn events(&self) -> Vec<Event> {
        let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let time = |value: &Value| value["t_ms"].as_i64().unwrap();
        let is_replayed = |value: &Value| {
            self.chapters.is_empty() || self.chapters.iter().any(|chapter| value["chapter"] == chapter.as_str())
        };
        let read = |kind: &str| jsonl(&format!("{kind}{}", self.recording)).into_iter().filter(is_replayed);
        let lines: Vec<Value> = read("").collect();
        let began = lines.iter().map(time).min();
        let began = began.unwrap_or_else(|| panic!("{}: no {:?}", self.recording, self.chapters));
        let later = if self.chapters.is_empty() { 0 } else { self.begins.unwrap_or(self.from) - began };
        let lines = lines.iter().filter(|line| string(&line["frame"]).starts_with(&self.context)).map(|line| Event {
            at: time(line) + later,
            what: What::Line {
                level: if line["level"] == "error" { Level::Error } else { Level::Warn },
                source: source_of(&string(&line["frame"])).to_owned(),
                text: string(&line["text"]),
            },
        });
        let uploads = self.uploads.then(|| read("uploads-")).into_iter().flatten();
        // An upload without an answer: the page was left.
        let uploads = uploads.filter(|upload| upload["status"] != 0).map(|upload| Event {
            at: time(&upload) + later,
            what: What::Upload {
                status: u16::try_from(upload["status"].as_u64().unwrap()).unwrap(),
                error: string(&upload["response"]["error"]),
                path: string(&upload["path"]),
            },
        });
        lines.chain(uploads).filter(|event| (self.from..=self.to).contains(&event.at)).collect()
    }
}

/// Fills the placeholders of a case with values of the recording: `{keyId 1}` and `{oldKey 1}` of the first refused key,
/// `{event 1}` of the first malformed event, `{sender 1}` of the first message that could not be opened, and so on.
pub(crate) fn filled(case: &str, events: &[Event]) -> String {
    let mut case = case.to_owned();
    let (mut keys, mut malformed, mut senders) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        let What::Line { text, .. } = &event.what else { continue };
        match classify(text).map(|found| found.detail) {
            Some(Detail::Refusal(refusal)) if !keys.contains(&refusal.key_id) => {
                let number = keys.len() + 1;
                case = case.replace(&format!("{{keyId {number}}}"), refusal.key_id.split_once(':').unwrap().1);
                case = case.replace(&format!("{{oldKey {number}}}"), refusal.old_key.as_deref().unwrap());
                keys.push(refusal.key_id);
            }
            Some(Detail::Malformed { event, .. }) if !malformed.contains(&event) => {
                let number = malformed.len() + 1;
                case = case.replace(&format!("{{event {number}}}"), event.event_id.as_deref().unwrap());
                malformed.push(event);
            }
            Some(Detail::ToDeviceUnopened { sender: Some(sender), .. }) if !senders.contains(&sender) => {
                case = case.replace(&format!("{{sender {}}}", senders.len() + 1), &sender);
                senders.push(sender);
            }
            _ => {}
        }
    }
    case
}

/// The lines of a recording, or, with `uploads-` before its name, its uploads. The file name says which release it is of.
fn jsonl(name: &str) -> Vec<Value> {
    let files = fs::read_dir(recordings::folder()).unwrap().map(|file| file.unwrap().path());
    let is_release = |rest: &str| rest.trim_start_matches("lk").starts_with(|first: char| first.is_ascii_digit());
    let found: Vec<PathBuf> = files
        .filter(|path| {
            let file = path.file_stem().unwrap().to_string_lossy();
            file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_release)
        })
        .collect();
    let [path] = found.as_slice() else { panic!("{name}: {} recordings", found.len()) };
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn source_of(frame: &str) -> &'static str {
    if frame.ends_with("/iframe") { "frame:/element-call/index.html" } else { "window" }
}
