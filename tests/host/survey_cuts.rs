//! A log in pieces gives the same survey as the whole log, wherever it was cut and in whatever order the pieces come.
#![cfg(not(target_family = "wasm"))]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lotus_crypto_diag::survey::{RefusalCause, Survey};
use lotus_crypto_diag_server_evidence::case::FileWithOffset;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::{Content, Gathering, Purpose, Reader};
use proptest::prelude::*;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// The log lines of one request, without their times.
fn request(kind: usize, nth: usize, user: usize) -> Vec<String> {
    let (name, device) = (format!("@user{user}:hs"), format!("DEVICE{user}"));
    let ended = |method: &str, status: u16, what: &str| {
        format!(
            "synapse.access.http.8008 - 529 - INFO - {method}-{nth} - 10.0.0.1 - 8008 - {{{name}}} Processed request: 2.508sec/0.001sec \
             ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B {status} \"{method} {what} HTTP/1.1\" \"{AGENT}\" [0 dbevts]"
        )
    };
    let upload = |status: u16| ended("POST", status, "/_matrix/client/v3/keys/upload");
    let e2e_keys = "synapse.handlers.e2e_keys - 967 - INFO";
    let adding = format!(
        "{e2e_keys} - POST-{nth} - Adding one_time_keys dict_keys(['signed_curve25519:AAAA']) for device '{device}' for user '{name}' at 1"
    );
    let device_keys =
        format!("{e2e_keys} - POST-{nth} - Updating device_keys for device '{device}' for user {name} at 1");
    let error = |words: &str| {
        format!(
            "synapse.http.server - 130 - INFO - POST-{nth} - <SynapseRequest at 0x7f method='POST' \
             uri='/_matrix/client/v3/keys/upload' clientproto='HTTP/1.1' site='8008'> SynapseError: 400 - {words}"
        )
    };
    let exists = format!(
        "One time key signed_curve25519:AAA{} already exists. Old key: {{\"key\":\"BQZikJgP2/UkkwKB6vSyQXmmJckcpptNJpqKRnO3wAw\"}}; \
         new key: {{'key': 'TPlS0pT1gfoFwugSf13FCe964izgp7zYfshOBYMaXQE', 'signatures': {{'{name}': {{'ed25519:{device}': 'x'}}}}}}",
        nth % 3
    );
    match kind {
        0 => vec![adding, error(&exists), upload(400)],
        1 => vec![adding, upload(200)],
        2 => vec![device_keys, adding, error(&exists), upload(400)],
        3 => vec![
            adding,
            error(
                "Uploading 50 more signed_curve25519 one-time keys would leave the device holding 550, over the limit of 500",
            ),
            upload(400),
        ],
        4 => vec![adding, upload(502)],
        5 => vec![ended("PUT", 500, "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/x/restart")],
        6 => vec![
            error(&exists).replace(&format!("POST-{nth} - "), ""),
            upload(400).replace(&format!("POST-{nth} - "), ""),
        ],
        _ => vec![
            "Traceback (most recent call last):".to_owned(),
            ended("GET", 200, "/_matrix/client/v3/account/whoami"),
        ],
    }
}

/// Uploads of several devices at once, each line later than the previous one.
fn log_of(picks: &[(usize, usize, u64)]) -> String {
    log_from(0, picks)
}

/// The same, for a process that has already handled `before` requests.
fn log_from(before: usize, picks: &[(usize, usize, u64)]) -> String {
    let mut lines = Vec::new();
    for (nth, pair) in picks.chunks(2).enumerate() {
        let requests = pair.iter().enumerate().map(|(which, (kind, user, _))| {
            // A device's requests come one after the other.
            request(*kind, before + 2 * nth + which, 2 * user + which)
        });
        let mut requests: Vec<_> = requests.map(Vec::into_iter).collect();
        loop {
            let round: Vec<String> = requests.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() {
                break;
            }
            lines.extend(round);
        }
    }
    let mut at = 0;
    let steps = picks.iter().cycle().map(|(_, _, step)| *step);
    let dated = |(line, step): (String, u64)| {
        at += step;
        if line.starts_with("Traceback") {
            return line + "\n";
        }
        let (second, ms) = (at / 1000, at % 1000);
        let (hour, minute, second) = (9 + second / 3600, second / 60 % 60, second % 60);
        format!("2026-11-25 {hour:02}:{minute:02}:{second:02},{ms:03} - {line}\n")
    };
    lines.into_iter().zip(steps).map(dated).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Content {
    let mut reader = Reader::new(Purpose::Survey);
    reader.push(bytes).unwrap();
    reader.finish().unwrap()
}

const OFFSET_MS: i64 = 3_600_000;

fn surveyed(contents: &[Content]) -> Survey {
    survey(&contents.iter().map(|content| FileWithOffset { content, offset_ms: OFFSET_MS }).collect::<Vec<_>>())
}

/// Cuts the log at these places into pieces that are each long enough to contain a line.
fn pieces<'a>(log: &'a [u8], cuts: &[usize], is_at_lines: bool) -> Vec<&'a [u8]> {
    const LEAST: usize = 2500;
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % log.len().max(1)).collect();
    if is_at_lines {
        for end in &mut ends {
            *end = log[..*end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        }
    }
    ends.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for end in ends {
        if end - start >= LEAST && log.len() - end >= LEAST {
            pieces.push(&log[start..end]);
            start = end;
        }
    }
    pieces.push(&log[start..]);
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_log_in_pieces_gives_the_survey_of_the_whole_log(
        picks in prop::collection::vec((0usize..8, 0usize..3, 1u64..8_000), 20..120),
        cuts in prop::collection::vec(0usize..200_000, 1..8),
        is_at_lines in any::<bool>(),
        order in any::<prop::sample::Index>(),
    ) {
        let log = log_of(&picks);
        let whole = surveyed(&[read(log.as_bytes())]);
        let pieces = pieces(log.as_bytes(), &cuts, is_at_lines);
        let mut contents: Vec<Content> =
            pieces.iter().enumerate().map(|(nth, piece)| if nth % 2 == 0 { read(piece) } else { read(&packed(piece)) }).collect();
        let turn = order.index(contents.len());
        contents.rotate_left(turn);
        if turn % 2 == 1 {
            contents.reverse();
        }
        prop_assert_eq!(&surveyed(&contents), &whole);
        prop_assert!(!whole.notes.iter().any(|note| note.contains("overlap in time")));
        // One piece after the other, each dropped before the next is read.
        let mut gathering = Gathering::default();
        for piece in pieces {
            gathering.add(&FileWithOffset { content: &read(piece), offset_ms: OFFSET_MS });
        }
        prop_assert_eq!(&gathering.finish(), &whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn rotated_logs_of_two_workers_give_the_survey_of_their_whole_logs(
        picks in prop::collection::vec((0usize..6, 0usize..3, 500u64..8_000), 20..80),
        others in prop::collection::vec((0usize..6, 0usize..3, 500u64..8_000), 20..80),
        cuts in prop::collection::vec(0usize..100_000, 1..4),
        other_cuts in prop::collection::vec(0usize..100_000, 1..4),
        is_at_lines in any::<bool>(),
        order in any::<prop::sample::Index>(),
    ) {
        let mut others = others;
        // Both logs begin at the same time.
        others[0].2 = picks[0].2;
        let logs = [log_from(0, &picks), log_from(100_000, &others)];
        let whole = surveyed(&logs.each_ref().map(|log| read(log.as_bytes())));
        prop_assert!(whole.notes.iter().any(|note| note.contains("overlap in time")));
        let [one, other] = [(&logs[0], &cuts), (&logs[1], &other_cuts)].map(|(log, cuts)| pieces(log.as_bytes(), cuts, is_at_lines));
        let mut contents: Vec<Content> = one.into_iter().chain(other).map(read).collect();
        let turn = order.index(contents.len());
        contents.rotate_left(turn);
        prop_assert_eq!(&surveyed(&contents), &whole);
    }
}

#[test]
fn a_log_that_is_cut_at_any_byte_of_an_upload_gives_the_same_survey() {
    let picks: Vec<(usize, usize, u64)> = (0..12).map(|nth| (nth % 3, 0, 900)).collect();
    let log = log_of(&picks);
    let whole = surveyed(&[read(log.as_bytes())]);
    assert!(!whole.devices.is_empty());
    let from = log.len() / 2;
    for cut in from..from + 1500 {
        let pieces = [read(&log.as_bytes()[cut..]), read(&log.as_bytes()[..cut])];
        assert_eq!(surveyed(&pieces), whole, "cut at {cut}: {}", &log[cut - 40..cut]);
    }
}

#[test]
fn rotated_logs_of_several_workers_are_not_joined_to_each_other() {
    let uploads = |kind: usize, user: usize| log_of(&(0..30).map(|_| (kind, user, 500)).collect::<Vec<_>>());
    let (stuck, well) = (uploads(0, 0), uploads(1, 1));
    let half = |log: &str| log.match_indices('\n').nth(30).map_or(0, |(at, _)| at + 1);
    let (a, b) = stuck.split_at(half(&stuck));
    let (c, d) = well.split_at(half(&well));
    let survey = surveyed(&[d, b, a, c].map(|text| read(text.as_bytes())));
    let named: Vec<_> = survey.devices.iter().filter_map(|device| device.device_id.as_deref()).collect();
    assert_eq!(named, ["DEVICE0", "DEVICE1"]);
    assert_eq!(survey.devices[0].troubles[0].cause, Some(RefusalCause::SameIdentity));
}

#[test]
fn lines_in_utc_are_not_shifted_with_those_of_the_servers_own_clock() {
    let picks: Vec<(usize, usize, u64)> = (0..8).map(|_| (0, 0, 60_000)).collect();
    let log = log_of(&picks);
    let zoned: String = log.split_inclusive('\n').map(|line| line.replacen(" - ", "Z - ", 1)).collect();
    let first = |text: String| surveyed(&[read(text.as_bytes())]).devices[0].first_ts.unwrap().to_string();
    assert_eq!(first(log), "2026-11-25T08:05:00.000Z");
    assert_eq!(first(zoned), "2026-11-25T09:05:00.000Z");
}
