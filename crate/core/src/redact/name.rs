//! Names of fields whose value is a secret.

use super::token::is_word;

/// How to recognise the value of such a field, and where it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ValueForm {
    /// A single word.
    Plain,
    /// Words typed by a user: the value may contain blanks.
    Phrase,
    /// A header: its parameters are part of the value.
    Header,
    /// A private key as text. An object of the same name contains public keys.
    Text,
    /// A secret only if it has at least this length and looks random.
    Long(usize),
    /// A media key or a backup's key. Public keys have the same name and use the same characters.
    Key,
}

impl ValueForm {
    /// Whether the name alone decides.
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::Plain | Self::Phrase | Self::Header)
    }
}

/// Name endings in lower case without `_`, `-`, `.` and blanks: `access_token`, `newPassword`, `recovery key`.
static ENDINGS: [(ValueForm, &[&str]); 4] = [
    (
        ValueForm::Plain,
        &[
            "token",
            // Also `clientSecret`, `shared_secret`, and the secret that `m.secret.send` gives another device.
            "secret",
            "privatekey",
            "privkey",
            "secretkey",
            "sessionkey",
            "mediakey",
            "picklekey",
            "decryptionkey",
            "encryptionkey",
            "backupkey",
            "secretstoragekey",
            "ssskey",
            "apikey",
            "accesskey",
            "sharedkey",
            "aeskey",
            "mackey",
            "chainkey",
            "rootkey",
            "pushkey",
            "rawkey",
            "keymaterial",
            "keybyte",
            "keybin",
            "pickle",
            "seed",
            "jwt",
            "macaroon",
            // TURN and WebAuthn.
            "credential",
            // OpenID Connect.
            "codeverifier",
            "devicecode",
            "authcode",
            "authorizationcode",
            "tokenhint",
            "assertion",
        ],
    ),
    (
        ValueForm::Phrase,
        &["password", "passwd", "pwd", "phrase", "passcode", "mnemonic", "recoverykey", "recoverycode", "securitykey"],
    ),
    (ValueForm::Header, &["authorization", "cookie"]),
    // Cross-signing and backup keys in a secrets bundle, and as `m.cross_signing.master`, `m.megolm_backup.v1`.
    (
        ValueForm::Text,
        &[
            "masterkey",
            "selfsigningkey",
            "usersigningkey",
            "crosssigningmaster",
            "crosssigningselfsigning",
            "crosssigningusersigning",
            "megolmbackupv",
        ],
    ),
];

/// Complete names.
static NAMES: [(&str, ValueForm); 6] = [
    ("key", ValueForm::Key),
    // Fields of a JSON Web Key. `k` encrypts a file.
    ("k", ValueForm::Long(40)),
    ("d", ValueForm::Long(40)),
    // The SRTP key in a session description.
    ("inline", ValueForm::Long(30)),
    // A field of a push subscription.
    ("auth", ValueForm::Long(20)),
    ("code", ValueForm::Long(20)),
];

/// The last letters of all these names: rules out most words quickly.
const LAST_LETTERS: &[u8] = b"nteydkglmvrch";

/// The manner of the name that ends `text`; `None` if it is not a secret's name.
pub(super) fn value_form_of(text: &[u8]) -> Option<ValueForm> {
    let numbered = text.iter().rev().take(4).take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let name = &text[..text.len() - numbered];
    // A plural may be secret too, as in tokens or passwords. Not `keys`: these are usually public.
    let name = match name {
        [one @ .., b't' | b'T' | b'n' | b'N' | b'd' | b'D' | b'l' | b'L' | b'e' | b'E', b's' | b'S'] => {
            &name[..=one.len()]
        }
        _ => name,
    };
    if !LAST_LETTERS.contains(&name.last()?.to_ascii_lowercase()) {
        return None;
    }
    let mut letters = [0; LONGEST];
    let ending = letters_of(name, &mut letters);
    let fits = |known: &&str| ending.last() == known.as_bytes().last() && ending.ends_with(known.as_bytes());
    let of_ending = ENDINGS.iter().find(|(_, endings)| endings.iter().any(fits));
    let of_name = || NAMES.iter().find(|(whole, _)| is_all_of(name, whole)).map(|(_, form)| *form);
    of_ending.map(|(form, _)| *form).or_else(of_name)
}

/// At least the length of the longest ending.
const LONGEST: usize = 24;

/// The last letters and digits of a name, normalised like the endings.
fn letters_of<'a>(name: &[u8], letters: &'a mut [u8; LONGEST]) -> &'a [u8] {
    /// Maximum length, including the characters that join words.
    const FURTHEST: usize = 40;

    let mut from = LONGEST;
    for b in name.iter().rev().take(FURTHEST).take_while(|b| is_word(**b) || matches!(b, b'-' | b'.' | b' ')) {
        if from > 0 && b.is_ascii_alphanumeric() {
            from -= 1;
            letters[from] = b.to_ascii_lowercase();
        }
    }
    &letters[from..]
}

fn is_all_of(text: &[u8], name: &str) -> bool {
    let Some(before) = text.len().checked_sub(name.len()) else { return false };
    let is_whole = before == 0 || !(is_word(text[before - 1]) || text[before - 1] == b'-');
    is_whole && text[before..].eq_ignore_ascii_case(name.as_bytes())
}

/// Fields that accompany a media key or a backup's key, but never a public key.
pub(super) fn accompanies_a_key(word: &[u8]) -> bool {
    ["index", "keyIndex", "key_index", "encryptionKeyIndex", "sent_ts", "backup_version"]
        .iter()
        .any(|name| name.as_bytes() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_secret_is_recognised_in_every_spelling() {
        let endings = ENDINGS.iter().flat_map(|(form, endings)| endings.iter().map(|ending| (*ending, *form)));
        for (name, form) in endings.clone().chain(NAMES) {
            assert!(LAST_LETTERS.contains(&name.as_bytes()[name.len() - 1]), "{name}");
            for spelled in [name.to_owned(), name.to_uppercase(), format!("{name}_"), format!("{name}2")] {
                assert_eq!(value_form_of(spelled.as_bytes()), Some(form), "{spelled}");
            }
        }
        for (name, form) in endings {
            assert_eq!(value_form_of(format!("my-{name}").as_bytes()), Some(form), "{name}");
        }
        for name in ["recovery-key", "Recovery key", "RECOVERY_KEY", "recoveryKey", "passwords", "m.x.pass_phrase"] {
            assert_eq!(value_form_of(name.as_bytes()), Some(ValueForm::Phrase), "{name}");
        }
    }

    #[test]
    fn names_of_public_fields_are_not_secret() {
        for name in
            ["session_keys", "master_keys", "public_key", "x-k", "errcode", "one_time_key", "signing_key", "", "_"]
        {
            assert_eq!(value_form_of(name.as_bytes()), None, "{name}");
        }
    }
}
