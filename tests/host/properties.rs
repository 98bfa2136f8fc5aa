//! Properties that hold for any input, however hostile.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag::entry::{Detail, Entry, Level};
use lotus_crypto_diag::evidence::CAPACITY;
use lotus_crypto_diag::line::{Line, MAX_MESSAGE};
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::redact::{REDACTED, redact};
use lotus_crypto_diag::request_path::request_path;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::signature::{SIGNATURES, classify};
use lotus_crypto_diag::timestamp::Timestamp;
use proptest::prelude::*;

/// Text with frequent words of the table, quotes, brackets, and beginnings of secrets.
fn hostile_text() -> impl Strategy<Value = String> {
    let words = SIGNATURES.iter().map(|row| row.words.to_owned()).collect::<Vec<_>>();
    let marks = [
        "One time key ",
        "signed_curve25519:AAAA",
        "Old key: ",
        "; new key: ",
        "{\"key\":\"",
        "{'key': '",
        "\\\"",
        "'",
        "}",
        "[400]",
        "(0/",
        ")",
        "DecryptionError[msg: ",
        "(id=$",
        " room=!",
        " for participant ",
        " at index ",
        "syt_",
        "Bearer ",
        "access_token=",
        "\"password\":\"",
        "%22",
        "%3D",
        "\\",
        "\u{1F512}",
        "é",
        " ",
        "\n",
        "eyJ",
        "Es",
        "://",
        "@",
        "\0",
        "[MembershipManager]",
    ];
    let piece = prop_oneof![
        2 => proptest::sample::select(words),
        4 => proptest::sample::select(marks.map(str::to_owned).to_vec()),
        2 => any::<String>(),
        1 => "[A-Za-z0-9+/_-]{1,60}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn line(text: &str) -> Line<'_> {
    Line { level: Level::Error, source: "window", text, excerpt: "", truncated: false }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn classify_accepts_any_text_and_finds_only_signatures_that_it_contains(text in hostile_text()) {
        if let Some(found) = classify(&text) {
            prop_assert!(text.contains(found.signature));
        }
    }

    #[test]
    fn only_words_of_the_api_are_kept_in_a_path(
        before in prop::sample::select(vec!["account_data", "rooms", "state/m.room.member", "keys", "devices", "whatever"]),
        ids in prop::collection::vec("[a-z]{3,12}(\\.[a-z]{2,8}){0,2}zq", 1..4),
    ) {
        let url = ["https://hs/_matrix/client/v3/", before, "/", &ids.join("/")].concat();
        prop_assert!(!request_path(&url).unwrap_or_default().contains("zq"));
    }

    #[test]
    fn a_refusal_contains_only_text_of_the_line(text in hostile_text()) {
        if let Some(refusal) = parse_refusal(&text) {
            prop_assert!(text.contains(&refusal.key_id));
            for quoted in [refusal.old_key, refusal.new_key, refusal.device_id].into_iter().flatten() {
                prop_assert!(text.contains(&quoted) && !quoted.is_empty());
            }
        }
    }

    #[test]
    fn a_refusal_is_read_back_as_it_was_written(
        id in "[A-Za-z0-9+/]{1,12}", old in "[A-Za-z0-9+/]{43}", new in "[A-Za-z0-9+/]{43}", noise in "[a-z :]{0,30}",
    ) {
        let text = format!(
            "{noise}[400] One time key signed_curve25519:{id} already exists. Old key: {{\"key\":\"{old}\",\
             \"signatures\":{{}}}}; new key: {{'key': '{new}', 'signatures': {{}}}} ({noise})"
        );
        let Some(Detail::Refusal(refusal)) = classify(&text).map(|found| found.detail) else { panic!("{text}") };
        prop_assert_eq!(refusal.key_id, format!("signed_curve25519:{id}"));
        prop_assert_eq!((refusal.old_key, refusal.new_key), (Some(old), Some(new)));
    }

    #[test]
    fn redaction_is_complete_after_one_pass(text in hostile_text()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once), once.as_str());
    }

    #[test]
    fn a_token_is_redacted_and_the_text_around_it_is_kept(
        secret in "[A-Za-z0-9]{6,40}", form in 0..10_usize, before in "[a-z]{0,8}", after in "[a-z]{0,8}",
    ) {
        let hidden = match form {
            0 => format!("syt_{secret}"),
            1 => format!("?access_token={secret}&"),
            2 => format!("Bearer {secret}"),
            3 => format!("{{\"access_token\":\"{secret}\"}}"),
            4 => format!("{{\\\"refresh_token\\\": \\\"{secret}\\\"}}"),
            5 => format!("{{'password': '{secret}'}}"),
            6 => format!("mct_{secret}"),
            7 => format!("%22access_token%22%3A%22{secret}%22"),
            8 => format!("https://bob:{secret}@hs/"),
            _ => format!("mcr_{secret}"),
        };
        let text = format!("{before} {hidden} {after}");
        let redacted = redact(&text);
        prop_assert!(redacted.contains(REDACTED) && !redacted.contains(&secret), "{} -> {}", text, redacted);
        prop_assert!(redacted.starts_with(&before) && redacted.ends_with(&after));

        let mut session = Session::default();
        session.observe(line(&format!("{text} DecryptionError[msg: {text}]")), Timestamp::default());
        let evidence = serde_json::to_string(&session.evidence()).unwrap();
        prop_assert!(evidence.contains(REDACTED) && !evidence.contains(&secret), "{}", evidence);
    }

    #[test]
    fn ids_and_public_keys_are_not_redacted(key in "[A-Za-z0-9+/]{43}", id in "[A-Za-z0-9_-]{43}", device in "[A-Z]{10}") {
        let text = format!(
            "(id=${id} sender=@bob:hs room=!{id}) \"key\":\"{key}\" sender_key=\"curve25519:{key}\" ed25519:{device}"
        );
        prop_assume!(!text.contains("MDAx") && !["syt_", "syr_", "syl_", "mct_", "mcr_"].iter().any(|t| text.contains(t)));
        prop_assert_eq!(redact(&text), text.as_str());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_buffer_stays_within_its_bounds_and_counts_every_line(
        texts in proptest::collection::vec(hostile_text(), 1..400), times in proptest::collection::vec(any::<f64>(), 400),
    ) {
        let mut session = Session::default();
        let mut kept = 0;
        for (text, now) in texts.iter().zip(times) {
            kept += u32::from(session.observe(line(text), Timestamp::from_ms(now)));
        }
        let evidence = session.evidence();
        let written: serde_json::Value = serde_json::from_str(&session.evidence_json()).unwrap();
        prop_assert_eq!(&written, &serde_json::to_value(&evidence).unwrap(), "the edge hands over what is there");
        let counts = &written["counts"];
        let counted: u64 = counts.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        prop_assert!(counted <= u64::from(kept));
        prop_assert!(evidence.entries.len() <= CAPACITY);
        prop_assert!(evidence.entries.iter().all(|entry| entry.message.len() <= MAX_MESSAGE && entry.count > 0));
        if evidence.entries.len() < CAPACITY {
            let (counting, beside): (Vec<&Entry>, Vec<&Entry>) =
                evidence.entries.iter().partition(|entry| entry.detail.is_counted());
            let sum = |entries: &[&Entry]| entries.iter().map(|entry| entry.count).sum::<u32>();
            prop_assert_eq!(u64::from(sum(&counting)), counted);
            prop_assert_eq!(sum(&counting) + sum(&beside), kept);
        }
    }

    #[test]
    fn a_repeated_line_is_kept_as_if_it_were_read_again(
        story in proptest::collection::vec((0..600_usize, 0..70_000_u32), 1..900),
    ) {
        let retry = |attempt| format!(
            "[MatrixRTCSession !r:hs m.call#ROOM][MembershipManager] Network local timeout error while sending event, \
             immediate retry (({attempt}/10)) AbortError: Restart delayed event timed out before the HS responded"
        );
        let refusal = |request, key| format!("{request}: One time key a:{key} already exists. Old key: \"x\"; new key: \"y\"");
        let texts: Vec<String> = (0..250)
            .map(|number| match number {
                0..4 => retry(number),
                4..8 => refusal(number % 2, number / 6),
                8 => "MissingKey: missing key at index 1 for participant @b:hs:D".to_owned(),
                _ => format!("{number} already exists"),
            })
            .collect();
        let mut read: Vec<_> = texts.iter().map(|text| line(text).read().unwrap()).collect();
        let (mut read_again, mut repeated) = (Session::default(), Session::default());
        let mut now = 0.0;
        for (number, ms) in story {
            // A few of the texts come often.
            let number = if number < texts.len() { number } else { number % 10 };
            now += f64::from(ms);
            read_again.observe(line(&texts[number]), Timestamp::from_ms(now));
            repeated.note(&mut read[number], Timestamp::from_ms(now));
        }
        prop_assert_eq!(read_again.evidence(), repeated.evidence());
    }
}
