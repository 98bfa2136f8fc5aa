//! The messages of other tabs in a roll call, and what another script of the origin may send in their place: any message
//! that is accepted fits the model and contains no secret.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag::election::Role;
use lotus_crypto_diag::entry::{
    CallFailure, CallMembership, CallRequest, Detail, Entry, Fault, FaultCounts, Level, MalformedCause, Refusal,
    TimelineEvent,
};
use lotus_crypto_diag::redact::redact;
use lotus_crypto_diag::roll_message::{MAX_LENGTH, RollMessage};
use lotus_crypto_diag::tabs::Tab;
use lotus_crypto_diag::timestamp::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

const ID: &str = "other-1";

/// Every kind of detail, with all of its parts, and without the optional ones.
fn details(text: &str, number: u32) -> Vec<Detail> {
    let status = u16::try_from(number % 600).unwrap();
    let of = |some: bool| {
        let text = || some.then(|| text.to_owned());
        let (number, status) = (some.then_some(number), some.then_some(status));
        let event = || TimelineEvent { event_id: text(), room_id: text(), sender: text() };
        let membership = |request, failure| CallMembership {
            room_id: text(),
            request,
            failure,
            http_status: status,
            errcode: text(),
            delay_id: text(),
            attempt: number,
            max_attempts: number,
            rejoins: some,
            gave_up: !some,
        };
        let refusal = Refusal {
            key_id: text().unwrap_or_default(),
            old_key: text(),
            new_key: text(),
            device_id: text(),
            http_status: status,
        };
        let cause = if some { MalformedCause::BadBase64 } else { MalformedCause::MissingField };
        vec![
            Detail::Refusal(refusal),
            Detail::Clue,
            Detail::UploadFailed { http_status: status, errcode: text() },
            Detail::MissingKey { participant: text(), index: number },
            Detail::MissingKeySet { participant: text(), index: number },
            Detail::InvalidKey { participant: text() },
            Detail::KeyMarkedInvalid { participant: text(), index: number },
            Detail::KeyErrorsSuppressed { participant: text() },
            Detail::NoKeyTargets,
            Detail::OlmSessionFailed { user_id: text(), device_id: text(), reason: text() },
            Detail::ToDeviceOpened { sender: text() },
            Detail::ToDeviceUnopened { sender: text(), reason: text() },
            Detail::MediaKeyMention,
            Detail::Malformed { event: event(), cause, reason: text().unwrap_or_default() },
            Detail::Undecryptable { event: event(), reason: text() },
            Detail::DelayedEvent(membership(Some(CallRequest::RestartLeave), Some(CallFailure::TimedOut))),
            Detail::Membership(membership(some.then_some(CallRequest::Membership), None)),
        ]
    };
    [of(true), of(false)].concat()
}

/// Texts that do not look like a secret.
fn text() -> impl Strategy<Value = String> {
    r#"([a-z0-9 é🔒"\\\[\]{}\n@:!$]{0,12} ){0,3}"#
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200_000_i64..=253_402_300_799_999).prop_map(|ms| Timestamp::default().plus_ms(ms))
}

fn entry() -> impl Strategy<Value = Entry> {
    let fault = select(Fault::ALL.to_vec());
    let words = (text(), text(), text(), proptest::option::of(text()));
    (words, any::<(u32, bool, Index)>(), fault, (time(), time())).prop_map(
        |((message, source, part, last_message), (count, truncated, kind), ke, (first_ts, last_ts))| {
            let details = details(&part, count);
            Entry {
                ts: first_ts,
                level: if truncated { Level::Warn } else { Level::Error },
                ke,
                signature: "already exists".to_owned(),
                message,
                truncated,
                source,
                count,
                first_ts,
                last_ts,
                last_message,
                detail: details[kind.index(details.len())].clone(),
            }
        },
    )
}

fn tab() -> impl Strategy<Value = Tab> {
    let role = proptest::option::of(select(vec![Role::Leader, Role::Follower, Role::Solo]));
    let entries = proptest::collection::vec(entry(), 0..4);
    let seen = proptest::collection::vec(select(Fault::ALL.to_vec()), 0..9);
    (role, proptest::option::of(time()), time(), any::<Option<bool>>(), seen, entries).prop_map(
        |(role, since, opened, visible, seen, entries)| {
            let mut counts = FaultCounts::default();
            for fault in seen {
                counts.add(fault);
            }
            Tab { id: ID.to_owned(), this_tab: false, role, since, opened, visible, counts, entries }
        },
    )
}

fn parse(text: &str) -> Option<Tab> {
    match RollMessage::parse(text, None)? {
        RollMessage::Here(tab) | RollMessage::News(tab) => Some(tab),
        message => panic!("another message: {message:?}"),
    }
}

fn news(tab: &Value) -> Value {
    json!({ "version": 2, "session": null, "kind": "news", "from": ID, "tab": tab })
}

/// Values that do not belong where they are put.
fn hostile() -> impl Strategy<Value = Option<Value>> {
    let values = json!([
        null, true, "yesterday", "", "leader", "2026-02-30T00:00:00.000Z", "2026-11-24T00:13:36Z", -1, 0.5, 65_536,
        4_294_967_296_u64, 1e300, -0.0, [], {}, [[]], { "kind": "clue" }, { "kind": "__proto__" }, { "kind": 7 },
        "x".repeat(17_000), "syt_Y2FuYXJ5_kWqXvTnRbLmPzSdFgHjC_0QzYxW",
    ]);
    let mut values: Vec<_> = values.as_array().unwrap().iter().cloned().map(Some).collect();
    values.push(None);
    select(values)
}

/// The paths in a value, outermost first.
fn places(value: &Value, path: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (name.clone(), part)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, part)| (at.to_string(), part)).collect(),
        _ => Vec::new(),
    };
    inner
        .into_iter()
        .flat_map(|(name, part)| {
            let path = format!("{path}/{name}");
            [vec![path.clone()], places(part, &path)].concat()
        })
        .collect()
}

fn put(value: &mut Value, place: &str, hostile: Option<Value>) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (value.pointer_mut(parent).unwrap(), hostile) {
        (Value::Object(fields), None) => _ = fields.remove(name),
        (Value::Object(fields), Some(hostile)) => _ = fields.insert(name.to_owned(), hostile),
        (Value::Array(items), hostile) => items[name.parse::<usize>().unwrap()] = hostile.unwrap_or_default(),
        _ => unreachable!(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_tab_is_read_as_it_was_written(tab in tab(), session in proptest::option::of(".{0,20}")) {
        for message in [RollMessage::News(tab.clone()), RollMessage::Here(tab)] {
            let text = message.to_text(session.as_deref());
            prop_assert_eq!(RollMessage::parse(&text, session.as_deref()), Some(message));
        }
    }

    #[test]
    fn a_tab_with_a_hostile_value_is_refused_or_read_without_secrets(
        tab in tab(), at in any::<Index>(), hostile in hostile(),
    ) {
        let mut tab = serde_json::to_value(tab).unwrap();
        let places = places(&tab, "");
        put(&mut tab, &places[at.index(places.len())], hostile);
        if let Some(tab) = parse(&news(&tab).to_string()) {
            prop_assert_eq!(&*tab.id, ID);
            prop_assert!(!tab.this_tab);
            let text = RollMessage::News(tab.clone()).to_text(None);
            prop_assert!(!text.contains("syt_Y2F") && !text.contains("xxxxxxxx"), "{}", text);
            prop_assert_eq!(parse(&text), Some(tab));
        }
    }

    #[test]
    fn any_text_is_parsed_without_a_panic(text in "[\\[{\"}\\],:a-z0-9\\\\ ]{0,200}") {
        let _ = RollMessage::parse(&text, None);
        let _ = RollMessage::parse(&format!("{{\"version\":2,\"session\":null,\"from\":\"a\",{text}"), None);
    }
}

fn an_entry(message: &str) -> Entry {
    let ts = "2026-11-24T00:13:36.042Z".parse().unwrap();
    Entry {
        ts,
        level: Level::Warn,
        ke: Fault::Ke1,
        signature: "already exists".to_owned(),
        message: message.to_owned(),
        truncated: false,
        source: "window".to_owned(),
        count: 1,
        first_ts: ts,
        last_ts: ts,
        last_message: None,
        detail: Detail::Clue,
    }
}

fn a_tab(entries: Vec<Entry>) -> Tab {
    let opened = "2026-11-24T00:13:36.042Z".parse().unwrap();
    let (id, this_tab, role, since, visible) = (ID.to_owned(), false, None, None, Some(true));
    Tab { id, this_tab, role, since, opened, visible, counts: FaultCounts::default(), entries }
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut message = news(&serde_json::to_value(a_tab(Vec::new())).unwrap());
    change(&mut message);
    message.to_string()
}

#[test]
fn a_message_of_an_earlier_release_is_read() {
    let text = r#"{"version":2,"session":"s","kind":"here","from":"mabc1-x9","tab":{"id":"mabc1-x9","thisTab":true,
        "role":"leader","since":"2026-11-24T00:13:36.042Z","opened":"2026-11-24T00:13:35.000Z","visible":true,
        "counts":{"KE-1":0,"KE-2":1,"KE-3":0,"KE-4":0},"entries":[]}}"#;
    let message = RollMessage::parse(text, Some("s")).expect("as it was written");
    assert!(matches!(&message, RollMessage::Here(tab) if tab.role == Some(Role::Leader) && !tab.this_tab));
    assert_eq!(
        RollMessage::parse(r#"{"version":2,"session":null,"kind":"who","from":"a"}"#, None).unwrap().from(),
        "a"
    );
    let bye = RollMessage::Bye { from: "a".to_owned() };
    assert_eq!(bye.to_text(None), r#"{"version":2,"session":null,"kind":"bye","from":"a"}"#);
}

#[test]
fn a_message_that_no_tab_of_this_session_wrote_is_ignored() {
    assert!(parse(&with(|_| {})).is_some());
    let mut hostile: Vec<String> = ["", "{", "[]", "null", "\"x\"", "7", "{}"].map(str::to_owned).to_vec();
    for version in [json!(1), json!(3), json!("2"), json!(null), json!(2.5)] {
        hostile.push(with(|message| message["version"] = version));
    }
    for from in [json!("x y"), json!("x".repeat(65)), json!(""), json!("A"), json!(7), json!(null), json!("__proto__")]
    {
        hostile.push(with(|message| {
            message["tab"]["id"] = from.clone();
            message["from"] = from;
        }));
    }
    for session in [json!("another"), json!(""), json!(7)] {
        hostile.push(with(|message| message["session"] = session));
    }
    hostile.push(with(|message| _ = message.as_object_mut().unwrap().remove("session")));
    hostile.push(with(|message| message["kind"] = json!("unknown")));
    hostile.push(with(|message| message["tab"] = json!(null)));
    hostile.push(with(|message| message["tab"]["id"] = json!("another")));
    hostile.push(with(|message| message["tab"]["entries"] = json!("x")));
    hostile.push(with(|message| message["padding"] = json!("x".repeat(MAX_LENGTH))));
    hostile.push("[".repeat(200_000));
    for text in hostile {
        assert_eq!(RollMessage::parse(&text, None), None, "{text:.200}");
    }
    assert_eq!(RollMessage::parse(&with(|_| {}), Some("")), None, "of no session");
}

#[test]
fn deep_nesting_is_refused_before_the_parser_recurses() {
    let nested = |depth: usize| [&*"[".repeat(depth), &"]".repeat(depth)].concat();
    let within = |place: &str, depth| with(|_| {}).replace(place, &format!("{place}\"x\":{},", nested(depth)));
    for place in ["{", "\"tab\":{"] {
        assert!(parse(&within(place, 3)).is_some(), "it is ignored");
        assert_eq!(parse(&within(place, 100)), None);
    }
    // Brackets within a text do not count.
    let entry = an_entry(&format!("\\\" {} \\ already exists", nested(100)));
    let text = RollMessage::News(a_tab(vec![entry.clone()])).to_text(None);
    assert_eq!(parse(&text).unwrap().entries, [entry]);
}

#[test]
fn a_tab_with_much_evidence_sends_the_latest_entries_that_fit() {
    let entries = |text: &str, count: u32| -> Vec<_> {
        (0..count).map(|number| an_entry(&format!("{number} {text} already exists"))).collect()
    };
    let many = entries("", 30);
    let text = RollMessage::News(a_tab(many.clone())).to_text(None);
    assert_eq!(parse(&text).unwrap().entries, many[10..]);
    // Each quote takes two units in JSON.
    let long = entries(&"\"".repeat(16_000), 20);
    let text = RollMessage::News(a_tab(long.clone())).to_text(None);
    assert!(text.len() <= MAX_LENGTH);
    assert_eq!(parse(&text).unwrap().entries, long[12..]);
    // The length is counted as in JavaScript.
    let wide = entries(&"é".repeat(8_000), 20);
    let text = RollMessage::News(a_tab(wide.clone())).to_text(None);
    assert!(text.len() > MAX_LENGTH);
    assert_eq!(parse(&text).unwrap().entries, wide);
}

#[test]
fn entries_outside_the_model_and_unknown_fields_are_left_out() {
    let json = |message: &str| serde_json::to_value(an_entry(message)).unwrap();
    let mut odd = json("odd");
    odd["detail"] = json!({ "kind": "of-a-later-version" });
    let mut more = json("more");
    more["later"] = json!({ "kind": 1 });
    more["constructor"] = json!("x".repeat(17_000));
    let text = with(|message| {
        message["tab"]["entries"] = json!([odd, more, 7, null, json("x".repeat(16_385).as_str()), json("good")]);
        message["tab"]["later"] = json!(["x"]);
    });
    assert_eq!(parse(&text).unwrap().entries, [an_entry("more"), an_entry("good")]);
}

#[test]
fn no_secret_is_read_from_a_message() {
    let secret = "syt_Y2FuYXJ5_kWqXvTnRbLmPzSdFgHjC_0QzYxW";
    let entries: Vec<_> = details(&format!("Bearer {secret}"), 1)
        .into_iter()
        .map(|detail| Entry {
            detail,
            source: format!("frame:/{secret}"),
            last_message: Some(secret.to_owned()),
            ..an_entry(&format!("{secret} already exists"))
        })
        .collect();
    for entries in entries.chunks(20) {
        let text = RollMessage::News(a_tab(entries.to_vec())).to_text(None);
        let tab = parse(&text).unwrap();
        assert_eq!(tab.entries.len(), entries.len());
        let text = serde_json::to_string(&tab).unwrap();
        assert!(text.contains("[redacted]") && !text.contains("kWqXvTn"), "{text}");
        assert_eq!(redact(&text), text);
    }
}
