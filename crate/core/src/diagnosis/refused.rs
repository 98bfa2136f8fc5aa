//! The refused uploads of one-time keys from all sources, and whether they have ended.
//!
//! A refusal has ended if a later upload of one-time keys was accepted and none was refused after that: by the same
//! client in the same load, or in a load that began later. It has also ended if a repair succeeded.

use std::borrow::Cow;

use super::case::{Case, fact};
use super::loads::{Load, SeenEntry};
use super::stores::{Identity, Stores};
use crate::entry::{Detail, Entry, Refusal};
use crate::otk::parse_refusal;
use crate::repair::RepairState;
use crate::timestamp::Timestamp;
use crate::upload_loop::LoopState;
use crate::verdict::EvidenceRef;

/// A refused upload, from any source.
pub(crate) struct Refused<'a> {
    pub(crate) refusal: Cow<'a, Refusal>,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) count: u32,
    /// Whether it certainly belongs to this device: a log line may not name the device.
    pub(crate) is_own: bool,
    /// The load that saw it; `None`: it is from the server's side.
    pub(crate) load: Option<Load>,
    /// The load in which it happened; `None`: unknown.
    pub(crate) during: Option<Load>,
    /// The identity keys it belongs to.
    pub(crate) identity: Identity,
    /// When it ended; `None`: no sign of an end.
    pub(crate) over: Option<EndEvidence>,
    pub(crate) cite: EvidenceRef,
}

/// Evidence that a trouble has ended.
#[derive(Clone)]
pub(crate) struct EndEvidence {
    /// The trouble had ended by then.
    pub(crate) at: Timestamp,
    /// The earliest time at which it may have ended.
    pub(crate) from: Timestamp,
    pub(crate) cite: EvidenceRef,
}

/// All refused uploads of one-time keys: from entries, a HAR and the homeserver's log; from the state of a load's
/// uploads only if that load has no entry.
pub(crate) fn refusals<'a>(case: &Case<'a>, stores: &Stores<'a>) -> Vec<Refused<'a>> {
    let mut found: Vec<Refused<'a>> = Vec::new();
    for load in case.loads() {
        let of_load = seen_in(case, load);
        found.extend(of_load);
    }
    add_server(case, &mut found);
    let ends = Ends::of(case, &found);
    for refused in &mut found {
        refused.during = refused.load.or_else(|| case.load_at(refused.last));
        refused.identity = match refused.during {
            Some(load) => stores.identity_in(load),
            None if stores.is_changed() => Identity::Unknown,
            None => Identity::Present,
        };
        refused.over = ends.over(case, refused);
    }
    found
}

fn new(refusal: Cow<'_, Refusal>, times: (Timestamp, Timestamp), count: u32, cite: EvidenceRef) -> Refused<'_> {
    let (first, last) = times;
    let (load, during, identity, over) = (None, None, Identity::Present, None);
    Refused { refusal, first, last, count, is_own: true, load, during, identity, over, cite }
}

fn seen_in<'a>(case: &Case<'a>, load: Load) -> Vec<Refused<'a>> {
    let one = |seen: SeenEntry<'a>| {
        let Detail::Refusal(refusal) = &seen.entry.detail else { return None };
        if is_of_other_device(case, refusal) {
            return None;
        }
        let Entry { first_ts, last_ts, count, .. } = *seen.entry;
        let cite = seen.cite(&describe(refusal));
        Some(new(Cow::Borrowed(refusal), (first_ts, last_ts), count, cite))
    };
    let mut found: Vec<Refused<'a>> = case.of_load(load).entries().filter_map(one).collect();
    let state = case.uploads(load);
    if found.is_empty()
        && let (Some(refusal), Some(last)) = (&state.refusal, state.last_ts)
        && !is_of_other_device(case, refusal)
    {
        let cite = load.fact("uploadLoop.refusal", describe(refusal));
        let (first, count) = (state.first_ts.unwrap_or(last), state.refusals.max(1));
        found.push(new(Cow::Borrowed(refusal), (first, last), count, cite));
    }
    for refused in &mut found {
        refused.load = Some(load);
    }
    found
}

fn add_server<'a>(case: &Case<'a>, found: &mut Vec<Refused<'a>>) {
    for (index, request) in case.server.har.iter().flatten().enumerate() {
        let Some(refusal) = request.refusal.as_ref().filter(|refusal| !is_of_other_device(case, refusal)) else {
            continue;
        };
        let cite = fact(&format!("server.har[{index}]"), format!("{}: {}", request.ts, describe(refusal)));
        found.push(new(Cow::Borrowed(refusal), (request.ts, request.ts), 1, cite));
    }
    for (index, line) in case.server.log.iter().flatten().enumerate() {
        if !case.is_about_this_user(&line.text) {
            continue;
        }
        let Some(refusal) = parse_refusal(&line.text) else { continue };
        if is_of_other_device(case, &refusal) {
            continue;
        }
        let cite = fact(&format!("server.log[{index}]"), format!("{}: {}", line.ts, describe(&refusal)));
        let is_own = refusal.device_id.is_some();
        found.push(Refused { is_own, ..new(Cow::Owned(refusal), (line.ts, line.ts), 1, cite) });
    }
}

/// The user's other devices may be refused too, and the page may have belonged to another device before.
fn is_of_other_device(case: &Case<'_>, refusal: &Refusal) -> bool {
    refusal.device_id.is_some() && case.device_id().is_some() && refusal.device_id.as_deref() != case.device_id()
}

/// The signs in each load that refusals have ended.
struct Ends {
    loads: Vec<(Load, Option<EndEvidence>, Option<EndEvidence>)>,
}

impl Ends {
    fn of(case: &Case<'_>, all: &[Refused<'_>]) -> Self {
        // Other open tabs may still be refused: the state of their uploads is unknown.
        let are_tabs_refused = all.iter().any(|one| one.cite.fact.starts_with("tabs."));
        let end = |load| {
            let accepted = accepted_in(case, load).filter(|_| load != Load::Present || !are_tabs_refused);
            (load, accepted, repaired_in(case, load))
        };
        Self { loads: case.loads().map(end).collect() }
    }

    /// When a refusal ended, by the earliest sign.
    fn over(&self, case: &Case<'_>, refused: &Refused<'_>) -> Option<EndEvidence> {
        let since = self.loads.iter().filter(|(load, ..)| case.is_since(*load, refused.during, refused.last));
        let signs = since.flat_map(|(load, accepted, repaired)| {
            // In its own load, the same client must have succeeded, because others may upload there too. The state is
            // that of the page's most serious client, which covers refusals that the page itself saw; those from the
            // server's side may belong to any client.
            let is_its = match case.uploads(*load).state {
                _ if Some(*load) != refused.during => true,
                LoopState::Recovered => true,
                LoopState::Idle => refused.load.is_some(),
                LoopState::Suspected | LoopState::Looping => false,
            };
            [accepted.as_ref().filter(|_| is_its), repaired.as_ref()]
        });
        let first = signs.flatten().filter(|over| over.at >= refused.last).min_by_key(|over| over.at)?;
        Some(EndEvidence { from: first.from.max(refused.last), ..first.clone() })
    }
}

/// Whether a load ended with accepted uploads of one-time keys, and no refusal after that.
fn accepted_in(case: &Case<'_>, load: Load) -> Option<EndEvidence> {
    let state = case.uploads(load);
    if state.accepted == 0 || state.refusals > 0 {
        return None;
    }
    let at = state.since.unwrap_or_else(|| case.last_seen(load));
    let from = state.since.or_else(|| case.began(load)).unwrap_or(at);
    let text = format!("{} uploads were accepted, and none was refused after that", state.accepted);
    Some(EndEvidence { at, from, cite: load.fact("uploadLoop.accepted", text) })
}

fn repaired_in(case: &Case<'_>, load: Load) -> Option<EndEvidence> {
    let repair = case.repair(load).filter(|repair| repair.state == RepairState::Repaired)?;
    let at = repair.ended_at?;
    Some(EndEvidence {
        at,
        from: at,
        cite: load.fact("repair.state", format!("the keys were repaired in place at {at}")),
    })
}

/// Whether the only evidence of refusals is console lines of a window whose network was watched.
pub(crate) fn network_saw_no_refusal(case: &Case<'_>, refusals: &[&Refused<'_>]) -> bool {
    let is_refusal = |seen: &SeenEntry<'_>| matches!(seen.entry.detail, Detail::Refusal(_));
    let is_line = |seen: SeenEntry<'_>| {
        !seen.is_of_other_tab() && seen.entry.source == "window" && case.uploads(seen.load()).watched
    };
    let mut lines = case.entries().filter(is_refusal).peekable();
    refusals.iter().all(|refused| refused.load.is_some()) && lines.peek().is_some() && lines.all(is_line)
}

fn describe(refusal: &Refusal) -> String {
    let Refusal { key_id, old_key, new_key, .. } = refusal;
    match (old_key, new_key) {
        (Some(old), Some(new)) if old == new => format!("{key_id} refused; both sides have {old}"),
        (Some(old), Some(new)) => format!("{key_id} refused; the server has {old}, the device {new}"),
        (Some(old), None) => format!("{key_id} refused; the server has {old}, the device's key was not readable"),
        _ => format!("{key_id} refused; the keys were not readable"),
    }
}
