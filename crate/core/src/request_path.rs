//! The path of a request to a homeserver, without possible ids.

use std::sync::LazyLock;

/// The words of the client-server API and of proposals for it. Anything else in a path may be an id.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| words_of(API));
const API: &str = "_matrix 3pid account account_data actions add admin aliases all appservice auth_issuer \
    auth_metadata available avatar_url ban bind cancel capabilities changes claim client content context createRoom \
    deactivate dehydrated_device delayed_events delete delete_devices device device_signing devices directory \
    displayname email enabled event events fallback federation filter forget get_token global hierarchy identity \
    initialSync invite join joined_members joined_rooms key keys kick knock leave list location login logout members \
    messages msisdn mutual_rooms notifications openid override password presence profile protocol protocols \
    publicRooms pushers pushrules query read_markers receipt redact redirect refresh register relations rendezvous \
    report requestToken request_token restart room room_keys room_summary rooms rtc search send sendToDevice sender \
    set signatures sso state status submit_token summary tags thirdparty threads timestamp_to_event token transports \
    turnServer typing unban unbind underride unstable upgrade upload user user_directory version versions voip web \
    whoami whois";
/// The part after these is an id, even if it looks like a word.
static BEFORE_ID: LazyLock<Vec<&str>> = LazyLock::new(|| words_of(PARENTS));
const PARENTS: &str = "rooms room join knock user profile presence devices delayed_events event context redact \
    receipt typing tags override underride content sender redirect alias dehydrated_device";
/// After these come a type and then an id: a transaction id or a state key.
const BEFORE_TYPE_AND_ID: [&str; 3] = ["send", "sendToDevice", "state"];
/// Namespaces of the specification and of well-known clients.
const NAMESPACES: [&str; 5] = ["m.", "org.matrix.", "io.element.", "im.vector.", "in.cinny."];

/// The path from `/_matrix/` on, with every id replaced by `{id}`. `None` for a long poll, a download, or any other
/// URL.
///
/// ```
/// use lotus_crypto_diag::request_path::request_path;
///
/// let path = request_path("https://hs/_matrix/client/v3/rooms/!a:hs/send/m.room.message/m1?user_id=x");
/// assert_eq!(path.as_deref(), Some("/_matrix/client/v3/rooms/{id}/send/m.room.message/{id}"));
/// ```
pub fn request_path(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let path = &path[path.find("/_matrix/")? + 1..];
    if path.ends_with("/sync") || path.contains("/media/") {
        return None;
    }
    let mut kept = String::new();
    let (mut before, mut before_that) = ("", "");
    for part in path.split('/') {
        let is_id = is_one_of(&BEFORE_ID, before) || BEFORE_TYPE_AND_ID.contains(&before_that);
        kept.push('/');
        kept.push_str(if part.is_empty() || (!is_id && (is_one_of(&WORDS, part) || is_name(part))) {
            part
        } else {
            "{id}"
        });
        (before_that, before) = (before, part);
    }
    Some(kept)
}

/// Sorted for binary search: a homeserver's log contains a million paths.
fn words_of(words: &'static str) -> Vec<&'static str> {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words
}

fn is_one_of(words: &[&str], part: &str) -> bool {
    words.binary_search(&part).is_ok()
}

/// A version of the API, a type in a known namespace, or the name of a proposal.
fn is_name(part: &str) -> bool {
    let is_version = part.strip_prefix(['r', 'v']).is_some_and(is_number);
    let is_type =
        NAMESPACES.iter().any(|space| part.strip_prefix(space).is_some_and(|rest| rest.split('.').all(is_label)));
    is_version || is_type || is_proposal(part)
}

/// `org.matrix.msc4140`, `org.matrix.simplified_msc3575`, `org.matrix.msc3814.v1`.
fn is_proposal(part: &str) -> bool {
    let mut labels = part.split('.').skip_while(|label| is_letters(label));
    let is_numbered = labels.next().is_some_and(|label| {
        let name = label.split_once('_').filter(|(word, _)| is_letters(word)).map_or(label, |(_, name)| name);
        name.strip_prefix("msc").is_some_and(is_number)
    });
    is_numbered && labels.all(is_label) && part.split('.').next().is_some_and(is_letters)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const V3: &str = "/_matrix/client/v3";
    const UNSTABLE: &str = "/_matrix/client/unstable";

    #[test]
    fn ids_in_a_path_are_replaced_at_every_position() {
        for (base, path, kept) in [
            (V3, "/rooms/!a:b/send/m.room.message/m1.2", "/rooms/{id}/send/m.room.message/{id}"),
            (V3, "/rooms/!a:b/send/org.example.custom/abc", "/rooms/{id}/send/{id}/{id}"),
            (V3, "/rooms/%21a%3Ab/state/m.room.member/%40a%3Ab", "/rooms/{id}/state/m.room.member/{id}"),
            (
                V3,
                "/rooms/!a:b/state/m.room.third_party_invite/m.alice",
                "/rooms/{id}/state/m.room.third_party_invite/{id}",
            ),
            (
                V3,
                "/rooms/!a:b/state/org.matrix.msc3401.call.member/_@a:b_D_m.call",
                "/rooms/{id}/state/org.matrix.msc3401.call.member/{id}",
            ),
            (V3, "/rooms/!a:b/receipt/m.read/$e", "/rooms/{id}/receipt/{id}/{id}"),
            (V3, "/sendToDevice/m.room.encrypted/keys", "/sendToDevice/m.room.encrypted/{id}"),
            (V3, "/user/@a:b/account_data/m.direct", "/user/{id}/account_data/m.direct"),
            (V3, "/user/@a:b/account_data/alice.example.org", "/user/{id}/account_data/{id}"),
            (V3, "/room_keys/keys/!a:b/session", "/room_keys/keys/{id}/{id}"),
            (V3, "/profile/alice/displayname", "/profile/{id}/displayname"),
            (V3, "/pushrules/global/override/alice/enabled", "/pushrules/global/override/{id}/enabled"),
            (V3, "/directory/list/appservice/irc/!a:b", "/directory/list/appservice/{id}/{id}"),
            (V3, "/thirdparty/protocol/gitter", "/thirdparty/protocol/{id}"),
            (
                UNSTABLE,
                "/org.matrix.msc4140/delayed_events/syd_abc/restart",
                "/org.matrix.msc4140/delayed_events/{id}/restart",
            ),
            (UNSTABLE, "/org.matrix.msc4140/delayed_events/abc", "/org.matrix.msc4140/delayed_events/{id}"),
            (UNSTABLE, "/org.matrix.msc3814.v1/dehydrated_device/abc", "/org.matrix.msc3814.v1/dehydrated_device/{id}"),
            (UNSTABLE, "/org.matrix.msc4143/rtc/transports", "/org.matrix.msc4143/rtc/transports"),
            (UNSTABLE, "/org.matrix.simplified_msc3575/x", "/org.matrix.simplified_msc3575/{id}"),
            (UNSTABLE, "/msc1/org.msc/org.matrix.msc/a.mscx1", "/{id}/{id}/org.matrix.msc/{id}"),
            (V3, "/keys/upload?access_token=s3cret", "/keys/upload"),
            (V3, "//keys/", "//keys/"),
        ] {
            let url = ["https://hs.example/sub", base, path].concat();
            assert_eq!(request_path(&url), Some([base, kept].concat()), "{url}");
        }
    }

    #[test]
    fn syncs_downloads_and_requests_outside_the_client_api_are_ignored() {
        for url in [
            "/_matrix/client/v3/sync?since=x",
            "/_matrix/media/v3/download/a/b",
            "/_matrix/client/v1/media/download/hs/x",
            "/elsewhere",
            "https://hs/?/_matrix/client/v3/keys",
            "",
        ] {
            assert_eq!(request_path(url), None, "{url}");
        }
    }
}
