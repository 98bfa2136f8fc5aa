//! The runbook's checklist: what the report contains, and what an administrator still has to add.

use super::case::Case;
use crate::verdict::Artefact;

pub(crate) fn artefacts(case: &Case<'_>) -> Vec<Artefact> {
    let (report, server) = (case.report, case.server);
    let page = &report.page;
    let item = |name: &str, inside: bool, how: &str| Artefact { name: name.to_owned(), inside, how: how.to_owned() };
    vec![
        item("Console lines", case.is_watched(), "`entries`; the page must load lotus-crypto-diag before its own code"),
        item(
            "User, device and versions",
            page.client.user_id.is_some() && page.client.device_id.is_some() && page.client.crypto_version.is_some(),
            "`userId`, `deviceId`, `cryptoVersion`; the report must be collected with the client",
        ),
        item(
            "Times when a person noticed the fault",
            case.sessions().any(|session| !session.marks.is_empty()),
            "`captureSession`; start a capture session and mark each fault when it happens",
        ),
        item(
            "State of the crypto store",
            page.crypto_store.is_some() || report.earlier.iter().any(|page| page.crypto_store.is_some()),
            "`cryptoStore`; the app must call checkCryptoStore",
        ),
        item(
            "Earlier loads of the page",
            !report.earlier.is_empty(),
            "`earlier`; kept for a week, until the device logs out or the person deletes it",
        ),
        item("Other tabs", report.tabs.is_some(), "`tabs`; the report must be collected (`collectCryptoDiagReport`)"),
        item("Uploads of one-time keys", page.upload_loop.watched, "`uploadLoop`; the app must watch its uploads"),
        item(
            "How fast the homeserver answered",
            report.latency.as_ref().is_some_and(|latency| latency.seen > 0) || server.har.is_some(),
            "`latency`, or a HAR: in the browser's network tab, \"Save all as HAR\"",
        ),
        item(
            "Full answers of the homeserver",
            server.har.is_some(),
            "a HAR: in the browser's network tab, \"Save all as HAR with content\", while the fault lasts",
        ),
        item("Inventory of one-time keys", server.one_time_keys.is_some(), "the runbook's query `one-time-keys`"),
        item(
            "Counts and fallback key",
            server.one_time_key_counts.is_some() && server.fallback_keys.is_some(),
            "the runbook's queries `one-time-key-counts` and `fallback-keys`",
        ),
        item("To-device inbox of the device", server.device_inbox.is_some(), "the runbook's query `device-inbox`"),
        item("Devices of the user", server.devices.is_some(), "the runbook's query `devices`"),
        item("Events as the homeserver stores them", server.events.is_some(), "the runbook's query `events`"),
        item(
            "Homeserver log",
            server.log.is_some(),
            "the slice of homeserver.log that `runbook.from` and `runbook.to` name",
        ),
    ]
}
