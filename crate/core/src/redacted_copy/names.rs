//! Assigns a placeholder to each id: the same one however the id is written.

use std::collections::{HashMap, HashSet};

use super::hosts::{last_label, without_port};
use super::ids::{Found, Kind, is_key};
use super::steps::Steps;
use super::view::View;

/// A server name without a dot could be any word, so it is only replaced after one of these.
const BEFORE_A_SERVER: [&str; 8] =
    ["//", "via=", "origin=", "destination=", "server_name=", "/download/", "/thumbnail/", "\"origin\":\""];
/// A server name without a dot is only replaced everywhere if it certainly is one and has at least this length.
const SHORT_SERVER: usize = 3;

#[derive(Default)]
pub(super) struct Names {
    /// Keyed by the normalised id: server names in lower case.
    words: HashMap<Vec<u8>, String>,
    /// Ids as written, in the order of their first appearance.
    forms: Vec<(Vec<u8>, String)>,
    has_form: HashSet<Vec<u8>>,
    counts: HashMap<&'static str, usize>,
    servers: HashSet<Vec<u8>>,
    endings: HashSet<Vec<u8>>,
    maybe_servers: Vec<Vec<u8>>,
    seen_maybe: HashSet<Vec<u8>>,
}

impl Names {
    /// Adds an id that was found in `view`.
    pub(super) fn learn(&mut self, view: &[u8], found: &Found) {
        let at = |range: &std::ops::Range<usize>| &view[range.clone()];
        let id = at(&found.at);
        let server = found.server.as_ref().map(at);
        match found.kind {
            Kind::Server => drop(self.server(id, false)),
            Kind::MaybeServer => {
                if self.seen_maybe.insert(id.to_vec()) {
                    self.maybe_servers.push(id.to_vec());
                }
            }
            // A public key after the name of a device stays, like all public keys.
            Kind::Device | Kind::Delay | Kind::Media if is_key(id) => {}
            kind => drop(self.id(kind, id, server, false)),
        }
    }

    /// Adds the value of a field that contains only an id.
    pub(super) fn learn_field(&mut self, kind: Kind, id: &str, steps: &Steps) {
        if id.is_empty() {
            return;
        }
        let view = View::decoded(id, steps);
        let plain = view.bytes.as_slice();
        let has_server = matches!(kind, Kind::User | Kind::Room | Kind::Event);
        let colon = plain.iter().position(|byte| *byte == b':').filter(|_| has_server);
        let server = colon.map(|colon| &plain[colon + 1..]).filter(|server| !server.is_empty());
        let word = self.id(kind, plain, server, true);
        self.form(id.as_bytes(), &word);
    }

    /// Adds a call participant: `@user:server:DEVICE`, or an opaque name.
    pub(super) fn learn_participant(&mut self, participant: &str, steps: &Steps) {
        let user = crate::media_key::user_of(participant);
        if user.starts_with('@') {
            self.learn_field(Kind::User, user, steps);
            self.learn_field(Kind::Device, participant[user.len()..].trim_start_matches(':'), steps);
        } else {
            self.learn_word("participant", "participant-", participant);
        }
    }

    /// Adds an id of another kind.
    pub(super) fn learn_word(&mut self, count: &'static str, word: &str, id: &str) {
        if !id.is_empty() {
            self.word(id.as_bytes().to_vec(), id.as_bytes(), count, |n| format!("{word}{n}"));
        }
    }

    /// All ids as written, with their placeholders.
    pub(super) fn into_forms(mut self) -> Vec<(Vec<u8>, String)> {
        for name in std::mem::take(&mut self.maybe_servers) {
            if self.is_of_known_domain(&name) {
                self.server(&name, false);
            }
        }
        self.forms
    }

    fn id(&mut self, kind: Kind, id: &[u8], server: Option<&[u8]>, is_certain: bool) -> String {
        let server_word = server.map(|server| self.server(server, is_certain));
        // Different spellings of the same server belong to the same id.
        let mut key = id.to_vec();
        if let Some(server) = server {
            let from = key.len() - server.len();
            key[from..].make_ascii_lowercase();
        }
        let after = |sign: &str| server_word.as_ref().map(|word| format!("{sign}{word}")).unwrap_or_default();
        match kind {
            Kind::User => self.word(key, id, "user", |n| format!("@user-{n}{}", after(":"))),
            Kind::Room => self.word(key, id, "room", |n| format!("!room-{n}{}", after(":"))),
            Kind::Alias => self.word(key, id, "alias", |n| format!("#alias-{n}{}", after(":"))),
            Kind::Event => self.word(key, id, "event", |n| format!("$event-{n}{}", after(":"))),
            Kind::Email => self.word(key, id, "email", |n| format!("email-{n}{}", after("@"))),
            Kind::Media => self.word(key, id, "media", |n| format!("media-{n}")),
            Kind::Delay => self.word(key, id, "delay", |n| format!("delay-{n}")),
            Kind::Device => self.word(key, id, "device", |n| format!("DEVICE{n}")),
            Kind::Server | Kind::MaybeServer => server_word.unwrap_or_default(),
        }
    }

    fn server(&mut self, name: &[u8], is_certain: bool) -> String {
        let host = without_port(name);
        let word = self.word_of(name.to_ascii_lowercase(), "server", |n| format!("server-{n}.invalid"));
        let is_distinct = host.iter().any(|byte| matches!(byte, b'.' | b':'))
            || is_certain && host.len() >= SHORT_SERVER && host.iter().any(u8::is_ascii_alphabetic);
        if is_distinct {
            self.form(name, &word);
            self.know(host);
            if host.len() < name.len() {
                self.server(host, is_certain);
            }
            if let [b'[', address @ .., b']'] = host {
                self.form(address, &word);
            }
        } else {
            for before in BEFORE_A_SERVER {
                self.form(&[before.as_bytes(), name].concat(), &format!("{before}{word}"));
            }
        }
        word
    }

    fn know(&mut self, host: &[u8]) {
        let host = host.to_ascii_lowercase();
        if let Some((_, last)) = last_label(&host)
            && last.iter().all(u8::is_ascii_alphabetic)
        {
            self.endings.insert(last.to_vec());
        }
        self.servers.insert(host);
    }

    fn is_of_known_domain(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        if name.starts_with(b"m.") {
            return false;
        }
        let is_known = |at: usize| self.servers.contains(&name[at..]);
        let dots = name.iter().enumerate().filter(|(_, byte)| **byte == b'.');
        let is_below = dots.map(|(at, _)| at + 1).any(is_known);
        is_below || is_known(0) || last_label(&name).is_some_and(|(_, last)| self.endings.contains(last))
    }

    fn word(&mut self, key: Vec<u8>, form: &[u8], count: &'static str, make: impl FnOnce(usize) -> String) -> String {
        let word = self.word_of(key, count, make);
        self.form(form, &word);
        word
    }

    fn word_of(&mut self, key: Vec<u8>, count: &'static str, make: impl FnOnce(usize) -> String) -> String {
        let counts = &mut self.counts;
        let next = || {
            let count = counts.entry(count).or_default();
            *count += 1;
            make(*count)
        };
        self.words.entry(key).or_insert_with(next).clone()
    }

    fn form(&mut self, form: &[u8], word: &str) {
        if self.has_form.insert(form.to_vec()) {
            self.forms.push((form.to_vec(), word.to_owned()));
        }
    }
}
