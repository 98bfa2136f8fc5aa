//! The notation for uploads of keys in the tests, one line per fact:
//!
//! ```text
//! at <server> <sender>      the server, and the sender of the request
//! by <user> <device>        who signed the keys; `by` alone: an unknown signer
//! key <id> <value>          a one-time key
//! with <field>              a field beside the one-time keys
//! unread                    the body could not be read
//! ```
#![allow(dead_code, reason = "each test uses a part")]

use std::hash::{DefaultHasher, Hash, Hasher};

use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload::Upload;
use lotus_crypto_diag::upload_answer::{UploadAnswer, UploadFailure};
use lotus_crypto_diag::upload_loop::Verdict;

pub(crate) fn note(text: &str) -> Upload {
    let mut upload = Upload::default();
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["at", server, sender] => (upload.server, upload.sender) = (Some(server.to_owned()), digest(sender)),
            ["by", user, device] => upload.signers.push(Some((user.to_owned(), device.to_owned()))),
            ["by"] => upload.signers.push(None),
            ["key", id, value] => upload.keys.push((id.to_owned(), digest(value))),
            ["with", field] => upload.carried.push(digest(field)),
            ["unread"] => upload.is_unread = true,
            _ => panic!("no fact: {line}"),
        }
    }
    upload
}

fn digest(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

/// The server answers an upload, or does not (status 0). Returns whether it refused the keys.
pub(crate) fn settle(session: &mut Session, upload: &str, status: u16, body: &str, url: &str, now: Timestamp) -> bool {
    let upload = note(upload);
    if status == 0 {
        session.upload_failed(&upload, &UploadFailure { name: "TypeError", message: body, url }, now);
        return false;
    }
    session.upload_settled(&upload, &UploadAnswer { status, status_text: "", body, url }, now)
}

pub(crate) fn starts(session: &mut Session, upload: &str, now: Timestamp, random: f64) -> Verdict {
    session.upload_starts(&note(upload), now, random).map_or(Verdict::Pass, |_| Verdict::Answer)
}
