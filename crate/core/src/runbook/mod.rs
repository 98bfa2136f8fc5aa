//! The runbook's queries for one report: its user, device, events and time. All of them only read.

pub mod at_risk;
mod log;
pub mod shell;
pub mod sql;
mod tables;

use std::collections::BTreeSet;

use crate::crypto_store::StoreVerdict;
use crate::earlier::EarlierPage;
use crate::entry::{Detail, Entry};
use crate::report::Report;
use crate::timestamp::Timestamp;
use crate::verdict::{Diagnosis, Finding, Runbook, RunbookQuery, Verdict};

/// The cause of a fault may be in the log some minutes earlier.
const MARGIN_MS: i64 = 5 * 60_000;
/// The most events, users and keys in a query, so that it stays readable.
const MAX_IDS: usize = 20;

/// What the queries are about.
struct Subject<'a> {
    user_id: Option<&'a str>,
    device_id: Option<&'a str>,
    /// Events that could not be decrypted, malformed ones first.
    events: Vec<&'a str>,
    /// `<algorithm>:<id>` of refused keys.
    key_ids: Vec<&'a str>,
    /// Users whose media or messages are affected.
    others: Vec<&'a str>,
    from: Timestamp,
    to: Timestamp,
}

/// Creates the queries for a report. Of its earlier pages, only those count that `diagnosis` cites as evidence for a
/// finding that is not excluded.
pub fn runbook(report: &Report, diagnosis: &Diagnosis) -> Runbook {
    let subject = Subject::of(report, &cited(report, diagnosis));
    let mut queries: Vec<RunbookQuery> =
        sql::Dialect::ALL.iter().flat_map(|dialect| tables::queries(*dialect, &subject)).collect();
    queries.extend(log::queries(&subject));
    Runbook { from: subject.from, to: subject.to, queries }
}

impl<'a> Subject<'a> {
    fn of(report: &'a Report, earlier: &[&'a EarlierPage]) -> Self {
        let page = &report.page;
        let store = page.crypto_store.as_ref();
        let (from, to) = window(report, earlier);
        let mut found = Found::default();
        for entry in page.entries.iter().chain(earlier.iter().flat_map(|page| &page.entries)) {
            found.take(entry);
        }
        let Found { malformed, ordinary, mut key_ids, others } = found;
        let uploads = std::iter::once(&page.upload_loop).chain(earlier.iter().map(|page| &page.upload_loop));
        key_ids.extend(uploads.flat_map(|uploads| &uploads.key_ids).map(String::as_str));
        Self {
            user_id: page.client.user_id.as_deref().or_else(|| store?.user_id.as_deref()),
            device_id: page.client.device_id.as_deref().or_else(|| store?.device_id.as_deref()),
            events: malformed.into_iter().chain(ordinary).take(MAX_IDS).collect(),
            key_ids: key_ids.into_iter().take(MAX_IDS).collect(),
            others: others.into_iter().take(MAX_IDS).collect(),
            from,
            to,
        }
    }
}

#[derive(Default)]
struct Found<'a> {
    malformed: BTreeSet<&'a str>,
    ordinary: BTreeSet<&'a str>,
    key_ids: BTreeSet<&'a str>,
    others: BTreeSet<&'a str>,
}

impl<'a> Found<'a> {
    fn take(&mut self, entry: &'a Entry) {
        match &entry.detail {
            Detail::Refusal(refusal) => {
                self.key_ids.insert(&refusal.key_id);
            }
            Detail::Malformed { event, .. } => self.malformed.extend(event.event_id.as_deref()),
            Detail::Undecryptable { event, .. } => self.ordinary.extend(event.event_id.as_deref()),
            Detail::MissingKey { participant, .. }
            | Detail::MissingKeySet { participant, .. }
            | Detail::InvalidKey { participant, .. }
            | Detail::KeyMarkedInvalid { participant, .. } => {
                self.others.extend(participant.as_deref().map(crate::media_key::user_of));
            }
            Detail::ToDeviceUnopened { sender, .. } => self.others.extend(sender.as_deref()),
            _ => {}
        }
    }
}

/// The earlier pages that the diagnosis cites.
fn cited<'a>(report: &'a Report, diagnosis: &Diagnosis) -> Vec<&'a EarlierPage> {
    let is_open = |finding: &&Finding| !matches!(finding.verdict, Verdict::RuledOut | Verdict::NotApplicable);
    let evidence = diagnosis.findings.iter().filter(is_open).flat_map(|finding| &finding.evidence);
    let index = |fact: &str| fact.strip_prefix("earlier[")?.split_once(']')?.0.parse::<usize>().ok();
    let cited: BTreeSet<usize> = evidence.filter_map(|one| index(&one.fact)).collect();
    cited.into_iter().filter_map(|index| report.earlier.get(index)).collect()
}

/// From some time before the first trace until some time after the last; without traces, the whole report.
fn window(report: &Report, earlier: &[&EarlierPage]) -> (Timestamp, Timestamp) {
    let page = &report.page;
    let entries = page.entries.iter().chain(earlier.iter().flat_map(|page| &page.entries));
    let entries = entries.flat_map(|entry| [entry.first_ts, entry.last_ts]);
    let sessions = report.capture_session.iter().chain(earlier.iter().filter_map(|page| page.capture_session.as_ref()));
    let marks = sessions.flat_map(|session| session.marks.iter().map(|mark| mark.ts));
    // The loss of a store shows at the start of a page, or as a lost connection.
    let stores = earlier.iter().filter_map(|page| Some((page.began_at, page.crypto_store.as_ref()?)));
    let losses = stores.filter_map(|(began, store)| {
        let is_gone = matches!(store.verdict, StoreVerdict::Evicted | StoreVerdict::IdentityChanged);
        store.loss.as_ref().map(|loss| loss.first_ts).or(is_gone.then_some(began))
    });
    let traces: Vec<Timestamp> = entries.chain(marks).chain(losses).collect();
    let first = traces.iter().min().copied().or(page.capturing_since).unwrap_or(page.generated_at);
    let last = traces.iter().max().copied().unwrap_or(page.generated_at);
    (first.plus_ms(-MARGIN_MS), last.plus_ms(MARGIN_MS))
}
