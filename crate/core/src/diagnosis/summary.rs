//! Summarises the diagnosis in a few sentences.

use super::case::Case;
use crate::earlier::{EarlierPage, PageEnd};
use crate::entry::Detail;
use crate::verdict::{Conclusion, Finding, FindingId, Verdict};

pub(crate) fn summary(case: &Case<'_>, findings: &[Finding]) -> String {
    let is_quiet = |finding: &Finding| {
        finding.conclusion == Some(Conclusion::NotSeen) || finding.verdict == Verdict::NotApplicable
    };
    // "No fault was seen" does not require a check of the store; a reported failure of the store raises the question
    // anyway.
    let is_unasked = |finding: &Finding| finding.id == FindingId::CryptoStore && finding.verdict == Verdict::Unknown;
    if findings.iter().all(|finding| is_quiet(finding) || is_unasked(finding)) {
        return "No fault was seen.".to_owned();
    }
    // A question is only listed as open if something was seen that raises it.
    let is_raised = |finding: &&Finding| {
        raises(case, finding) || finding.evidence.iter().any(|evidence| evidence.fact.starts_with("server."))
    };
    let mut sentences: Vec<String> = findings.iter().filter_map(answered).collect();
    let open: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Unknown)
        .filter(is_raised)
        .map(|finding| subject(finding.id))
        .collect();
    if !open.is_empty() {
        sentences.push(format!("Unknown: {}.", open.join("; ")));
    }
    if sentences.is_empty() {
        return if case.is_watched() {
            "No fault was seen, but not everything could be checked.".to_owned()
        } else {
            "Nothing was captured, so nothing can be said.".to_owned()
        };
    }
    sentences.join(" ")
}

/// Whether a line raises the question.
fn raises(case: &Case<'_>, finding: &Finding) -> bool {
    let page = &case.report.page;
    let is_seen = |is_sign: fn(&Detail) -> bool| case.entries().any(|seen| is_sign(&seen.entry.detail));
    match finding.id {
        FindingId::KeyUploads => {
            let is_failing = |load| case.uploads(load).failing.is_some();
            case.loads().any(is_failing) || is_seen(|detail| matches!(detail, Detail::UploadFailed { .. }))
        }
        FindingId::CryptoStore => {
            let of = |load| case.page(load).map_or(&page.crypto_store, |page| &page.crypto_store).as_ref();
            let stores = case.loads().filter_map(of);
            stores.into_iter().any(|store| store.loss.is_some() || store.trouble.is_some())
        }
        // Not `NoKeyTargets`: the only participant of a call finds no recipient either.
        FindingId::Ke2KeysNotSent => is_seen(|detail| matches!(detail, Detail::OlmSessionFailed { .. })),
        _ => {
            let is_ordinary = |detail: &Detail| {
                matches!(
                    detail,
                    Detail::ToDeviceOpened { .. }
                        | Detail::MediaKeyMention
                        | Detail::NoKeyTargets
                        | Detail::OlmSessionFailed { .. }
                )
            };
            let Some(fault) = finding.fault else { return false };
            let kept =
                case.entries().filter(|seen| seen.entry.ke == fault).filter(|seen| seen.entry.detail.is_counted());
            let (ordinary, signs): (Vec<_>, Vec<_>) = kept.partition(|seen| is_ordinary(&seen.entry.detail));
            let of_ordinary = ordinary.iter().fold(0_u32, |sum, seen| sum.saturating_add(seen.entry.count));
            let tabs = case.report.tabs.iter().flat_map(|roll| &roll.tabs).filter(|tab| !tab.this_tab);
            // An open tab that answered counts for itself.
            let is_of_open_tab = |page: &&EarlierPage| page.end == PageEnd::Open && case.report.tabs.is_some();
            let pages = case.loads().filter_map(|load| case.page(load)).filter(|page| !is_of_open_tab(page));
            let earlier = pages.map(|page| page.counts.get(fault));
            let counted = std::iter::once(page.counts.get(fault)).chain(tabs.map(|tab| tab.counts.get(fault)));
            let counted = counted.chain(earlier).fold(0_u32, u32::saturating_add);
            !signs.is_empty() || counted > of_ordinary
        }
    }
}

fn answered(finding: &Finding) -> Option<String> {
    let words = match finding.verdict {
        Verdict::Confirmed => "Confirmed",
        Verdict::Likely => "Likely",
        Verdict::Possible => "Possible",
        Verdict::RuledOut => return ruled_out(finding.conclusion?),
        Verdict::Unknown | Verdict::NotApplicable => return None,
    };
    let what = match finding.conclusion {
        Some(conclusion) => phrase(conclusion)?,
        None => subject(finding.id),
    };
    let over = finding.over.map_or(String::new(), |over| format!("; it was over by {over}"));
    Some(format!("{words}: {what}{over}."))
}

/// Only mentions an excluded conclusion if a reader would otherwise suspect it.
fn ruled_out(conclusion: Conclusion) -> Option<String> {
    match conclusion {
        Conclusion::KeysMissing => Some("Messages whose keys are missing are not malformed.".to_owned()),
        Conclusion::NotTheHomeserver => Some("The homeserver did not cause the call's timeouts (KE-4).".to_owned()),
        _ => None,
    }
}

const fn phrase(conclusion: Conclusion) -> Option<&'static str> {
    Some(match conclusion {
        Conclusion::NotSeen => return None,
        Conclusion::Divergence => {
            "this device and the homeserver hold different one-time keys under the same ids (KE-1)"
        }
        Conclusion::Exhaustion => "the one-time keys of this device are used up (KE-1)",
        Conclusion::ClientLoop => "the client repeats an upload that the homeserver already has (KE-1)",
        Conclusion::EvictedStore => "it began when the crypto store of this device was deleted",
        Conclusion::SeveralTabs => "it began when several tabs shared one crypto store",
        Conclusion::RestoredStore => "it began when an older crypto store was restored",
        Conclusion::TooManyKeys => "the client uploads more one-time keys than are used",
        Conclusion::UploadsRefused => "the homeserver refuses the key uploads for another reason than KE-1",
        Conclusion::UploadsFailing => "the key uploads do not get through",
        Conclusion::ConnectionLost => "the page lost its connection to the crypto store",
        Conclusion::StoreFailing => "the browser cannot read or write the crypto store",
        Conclusion::StoreFull => "there is no space left for the crypto store",
        Conclusion::StoreVersionConflict => "another tab or release has changed the version of the crypto store",
        Conclusion::StoreCorrupt => "the contents of the crypto store cannot be read",
        Conclusion::StoreOfAnother => "the crypto store belongs to another account or device",
        Conclusion::NoKeyTargets => "this device had nobody to send its media keys to (KE-2)",
        Conclusion::PeerDiverged => "another device lost its keys, so this device cannot send it any (KE-2)",
        Conclusion::PeerWithoutKeys => {
            "another device has no one-time keys left, so this device cannot send it any \
                                        (KE-2)"
        }
        Conclusion::SenderNotTrusted => "the client refuses messages from senders that it does not trust",
        Conclusion::PossibleReplay => "messages were delivered twice, or were moved",
        Conclusion::DamagedMessage => "messages do not match their keys",
        Conclusion::DelayedEventsUnsupported => {
            "the homeserver or its proxy does not support the delayed events of calls (KE-4)"
        }
        Conclusion::DelayedEventExpired => {
            "the homeserver had sent the delayed leave, because its timer ran out (KE-4)"
        }
        Conclusion::RateLimited => {
            "the homeserver's rate limit stops the requests that keep this device in the call \
                                    (KE-4)"
        }
        Conclusion::DeadKeyClaimed => "media keys of calls are missing because of it (KE-2)",
        Conclusion::OldIdentityUsed => "senders still use the earlier identity keys of this device (KE-2)",
        Conclusion::ToDeviceValidation => "the crypto library rejects messages that may carry media keys (KE-2)",
        Conclusion::CallTransport => "the call's own transport loses media keys, while the encryption works (KE-2)",
        Conclusion::MalformedAtSource => "events were sent malformed (KE-3)",
        Conclusion::MalformedAtClient => "this client reads intact events as malformed (KE-3)",
        Conclusion::KeysMissing => "the keys of events are missing",
        Conclusion::SlowHomeserver => "the homeserver was too slow when the call failed (KE-4)",
        Conclusion::FailingHomeserver => "the homeserver failed when the call failed (KE-4)",
        Conclusion::DelayedEventsRefused => "the homeserver refuses the delayed events that calls need (KE-4)",
        Conclusion::NotTheHomeserver => "the client or its network was slow when the call failed (KE-4)",
    })
}

const fn subject(id: FindingId) -> &'static str {
    match id {
        FindingId::OtkDivergence => "what is wrong with the one-time keys (KE-1)",
        FindingId::KeyUploads => "why uploads of keys fail",
        FindingId::CryptoStore => "whether the crypto store can be used",
        FindingId::Ke2KeysNotSent => "whether this device could not send its media keys (KE-2)",
        FindingId::Ke1Trigger => "why this device's keys and the homeserver's diverged (KE-1)",
        FindingId::Ke2AfterKe1 => "whether missing media keys (KE-2) follow from KE-1",
        FindingId::Ke2ToDeviceValidation => "whether the crypto library rejects media keys (KE-2)",
        FindingId::Ke2CallTransport => "whether the call's transport is at fault (KE-2)",
        FindingId::Ke3Malformed => "whether events are malformed (KE-3)",
        FindingId::Ke4SlowHomeserver => "whether the homeserver was slow (KE-4)",
    }
}
