//! What is known of an upload of keys before the server answers it: ids and digests. `fetch.js` writes it down, a line for
//! each fact, and nothing else of the request is kept:
//!
//! ```text
//! at <server> <sender>      digests: the server; the token and the user in whose name it is used
//! by <user> <device>        who signed its keys, each signer once; `by` alone: somebody who cannot be named
//! key <id> <value>          a one-time key, and the digest of its value
//! with <digest>             a field beside the one-time keys: the device's own keys, fallback keys
//! unread                    the body could not be read: there may be anything in it
//! ```

use crate::scan;

/// An upload of keys, as far as its request tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload<'a> {
    /// Which server it goes to; `None`: unknown.
    pub server: Option<&'a str>,
    /// Who sends it, by the token and the user that it is used for. Only to be compared.
    pub sender: &'a str,
    /// Who signed the keys: user and device.
    pub signers: Vec<Option<(&'a str, &'a str)>>,
    /// The one-time keys: ids, and digests of their values.
    pub keys: Vec<(&'a str, &'a str)>,
    /// Digests of whatever it carries beside them.
    pub carried: Vec<&'a str>,
    /// Nothing is known of the body.
    pub is_unread: bool,
}

impl<'a> Upload<'a> {
    /// What does not fit the form makes an upload that can be attributed to nobody.
    pub fn read(text: &'a str) -> Self {
        let mut upload = Self::default();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (line, more) = scan::split(text, "\n").unzip();
            rest = more;
            let mut words = line.unwrap_or(text).split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("at"), Some(server), Some(sender)) => (upload.server, upload.sender) = (Some(server), sender),
                (Some("by"), Some(user), Some(device)) => upload.signers.push(Some((user, device))),
                (Some("by"), ..) => upload.signers.push(None),
                (Some("key"), Some(id), Some(value)) => upload.keys.push((id, value)),
                (Some("with"), Some(digest), _) => upload.carried.push(digest),
                (Some("unread"), ..) => upload.is_unread = true,
                _ => {}
            }
        }
        upload
    }

    /// The server, user and device that it is certainly of: the one signer of all of its keys.
    pub fn device(&self) -> Option<(&'a str, &'a str, &'a str)> {
        match (self.server, self.signers.as_slice()) {
            (Some(server), &[Some((user, device))]) => Some((server, user, device)),
            _ => None,
        }
    }
}
