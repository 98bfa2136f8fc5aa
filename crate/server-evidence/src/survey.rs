//! The devices in trouble, from the logs and tables that were read.

use lotus_crypto_diag::survey::{
    Coverage, DeviceAtRisk, DeviceTrouble, HourCount, NamedBy, RefusalCause, RefusedId, Skipped, SlowEndpoint,
    StatusCount, Survey, SurveyHour, Trouble, TroubleKind,
};

use crate::case::FileWithOffset;
use crate::client::client_of;
use crate::content::moment;
use crate::device_tally::{DeviceTally, RefusedKey, Troubles};
use crate::gathering::Gathering;
use crate::series::{Hour, STORM, Series};
use crate::table_troubles::at_risk;
use crate::tally::{DeviceIds, Endpoint};
use crate::words::{count, count_of, grouped};

/// Trouble goes on if it was last seen within this time before the end of the log and has not ended since.
const GOING_ON_MS: i64 = 60 * 60_000;
/// Rare trouble goes on for twice its average interval, at most this long.
const LONGEST_RHYTHM_MS: i64 = 24 * 60 * 60_000;
/// Fewer failures are not trouble: a client was closed during an upload, or the server restarted.
const FEW: u64 = 3;

/// Surveys files that were read, in any order.
///
/// ```
/// use lotus_crypto_diag::survey::TroubleKind;
/// use lotus_crypto_diag_server_evidence::case::FileWithOffset;
/// use lotus_crypto_diag_server_evidence::survey::survey;
/// use lotus_crypto_diag_server_evidence::{Purpose, Reader};
///
/// let mut reader = Reader::new(Purpose::Survey);
/// for minute in 10..15 {
///     let line = format!(
///         "2026-11-25 09:{minute}:00,000 - synapse.access.http.8008 - 529 - INFO - POST-{minute} - 10.0.0.1 - 8008 - \
///          {{@a:hs}} Processed request: 0.008sec/0.001sec ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B 404 \
///          \"POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/x/restart HTTP/1.1\" \"Firefox\" [0 dbevts]\n"
///     );
///     reader.push(line.as_bytes()).unwrap();
/// }
/// let content = reader.finish().unwrap();
/// let survey = survey(&[FileWithOffset { content: &content, offset_ms: 0 }]);
/// assert_eq!(survey.devices[0].user_id.as_deref(), Some("@a:hs"));
/// assert_eq!(survey.devices[0].troubles[0].kind, TroubleKind::DelayedEvents);
/// ```
pub fn survey(files: &[FileWithOffset<'_>]) -> Survey {
    let mut files: Vec<&FileWithOffset<'_>> = files.iter().collect();
    files.sort_by_key(|file| file.content.span(file.offset_ms));
    let mut gathering = Gathering::default();
    for file in files {
        gathering.add(file);
    }
    gathering.finish()
}

impl Gathering {
    /// The survey of all added files.
    pub fn finish(mut self) -> Survey {
        self.end_log();
        let mut rows = std::mem::take(&mut self.rows);
        let mut devices = Vec::new();
        let mut healthy = 0;
        for (device_ids, tally) in std::mem::take(&mut self.all.devices) {
            let row = rows.remove(&device_ids);
            match device(&device_ids, tally, row, self.all.to) {
                Some(device) => devices.push(device),
                None => healthy += u32::from(device_ids.device.is_some()),
            }
        }
        let of_rows = rows
            .into_iter()
            .filter_map(|(device_ids, row)| device(&device_ids, DeviceTally::default(), Some(row), self.all.to));
        devices.extend(of_rows);
        devices.sort_by_cached_key(rank);
        Survey {
            from: self.all.from.map(moment),
            to: self.all.to.map(moment),
            requests: self.all.requests,
            healthy,
            endpoints: self.endpoints(),
            hours: self.all.hours.iter().map(|(at, hour)| hour_row(*at, *hour)).collect(),
            coverage: self.coverage,
            skipped: self.skipped,
            notes: self.notes(&devices),
            devices,
        }
    }

    fn endpoints(&self) -> Vec<SlowEndpoint> {
        let mut endpoints: Vec<_> = self.all.endpoints.iter().collect();
        endpoints.sort_by(|(a_key, a), (b_key, b)| b.total_ms.total_cmp(&a.total_ms).then_with(|| a_key.cmp(b_key)));
        #[allow(clippy::cast_precision_loss, reason = "a count of lines")]
        let row = |((method, path), endpoint): (&(String, String), &Endpoint)| SlowEndpoint {
            method: method.clone(),
            path: path.clone(),
            count: endpoint.count,
            mean_ms: (endpoint.total_ms / endpoint.count.max(1) as f64).round(),
            longest_ms: endpoint.longest_ms,
        };
        endpoints.into_iter().map(row).collect()
    }

    fn notes(&self, devices: &[DeviceTrouble]) -> Vec<String> {
        let mut notes = Vec::new();
        if self.has_log && !self.all.names_devices {
            notes.push(
                "The log names no device: Synapse does that at the level INFO of synapse.handlers.e2e_keys. Users can \
                 be told apart, their devices cannot."
                    .to_owned(),
            );
        }
        if devices.iter().flat_map(|device| &device.troubles).any(|trouble| trouble.kind == TroubleKind::DelayedEvents)
        {
            notes.push("For delayed events the log names the user at most, never the device.".to_owned());
        }
        if self.has_log && !self.has_rows {
            notes.push(
                "Without the answer to the query for devices at risk, the survey misses devices whose store was \
                 deleted but whose uploads are not refused."
                    .to_owned(),
            );
        }
        if self.local_offset_ms.is_some() && !devices.is_empty() {
            notes.push(
                "In a plain log any user can forge lines, with line breaks in a request. Synapse's JSON log and the \
                 tables cannot be forged this way."
                    .to_owned(),
            );
        }
        if self.has_rows && !self.has_log {
            notes.push(
                "Without a log nothing is known about refused uploads: the tables do not record them.".to_owned(),
            );
        }
        if let Some(offset_ms) = self.local_offset_ms {
            let zone = utc_offset(offset_ms);
            notes.push(format!(
                "The log's times have no zone: they are the server's local time, which was taken for UTC{zone}."
            ));
        }
        if let Some(Coverage { looked_at, is_cut }) = self.coverage {
            let devices = count(looked_at.into(), "device");
            let others = if is_cut { " There are more devices, about which nothing is known." } else { "" };
            notes.push(format!(
                "The query for devices at risk looked at {devices}, the last seen within 30 days.{others}"
            ));
        }
        if self.are_several {
            notes.push(
                "Some logs overlap in time, as those of several workers do, and were counted each by itself: storms of \
                 uploads and the cause of refusals may be missed."
                    .to_owned(),
            );
        }
        notes.extend(skipped_words(&self.skipped));
        if self.duplicates > 0 {
            notes.push(format!("{} there twice; counted once.", count_of(self.duplicates, "log is", "logs are")));
        }
        if self.all.uploads.contradicting > 0 {
            let lines = count_of(self.all.uploads.contradicting, "upload", "uploads");
            notes.push(format!("{lines} left out: the lines of one request name two users, as in mixed logs."));
        }
        if self.all.uploads.ambiguous > 0 {
            let uploads = count_of(self.all.uploads.ambiguous, "upload names", "uploads name");
            notes.push(format!(
                "{uploads} no device: another one had the same number at the same time, as where logs of several workers are mixed."
            ));
        }
        if self.all.left_out > 0 {
            notes.push(format!(
                "There are too many devices to follow: {} left out.",
                count(self.all.left_out, "device")
            ));
        }
        notes
    }
}

/// `+01:00`; empty for UTC.
fn utc_offset(ms: i64) -> String {
    let minutes = ms.abs() / 60_000;
    let sign = if ms < 0 { '-' } else { '+' };
    if minutes == 0 { String::new() } else { format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60) }
}

fn skipped_words(skipped: &Skipped) -> Option<String> {
    let Skipped { no_time, cut, too_long, nul, not_utf8 } = skipped;
    let parts = [
        (no_time, "without a time of Synapse"),
        (cut, "cut, or not in Synapse's form"),
        (too_long, "longer than 1 MiB"),
        (nul, "with zeros in them"),
        (not_utf8, "not in UTF-8"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| **n > 0).map(|(n, what)| format!("{} {what}", grouped(**n))).collect();
    let lines = count_of(skipped.total(), "line of the logs was", "lines of the logs were");
    (!parts.is_empty()).then(|| format!("{lines} not used: {}.", parts.join(", ")))
}

/// `None` if nothing is wrong with the device.
fn device(
    device_ids: &DeviceIds,
    tally: DeviceTally,
    row: Option<DeviceAtRisk>,
    end: Option<i64>,
) -> Option<DeviceTrouble> {
    let DeviceTally { named_by, accepted, clients, troubles, .. } = tally;
    let Troubles { refused, ids, with_device_keys, turns, too_large, failed, delayed } = *troubles.unwrap_or_default();
    let storms = accepted.storms();
    let goes_on = |series: &Series| going_on(series, accepted.last, end);
    let mut found = Vec::new();
    if refused.count > 0 {
        let cause = cause(&refused, with_device_keys, turns.are_dense, named_by, row.as_ref());
        // If two tabs upload at once, an accepted upload of one does not end the trouble of the other.
        let ended = accepted.last.filter(|_| cause != Some(RefusalCause::SeveralTabs));
        found.push(refused_trouble(&refused, ids, cause, going_on(&refused, ended, end)));
    }
    if too_large.count > 0 {
        let says = format!("{} refused: the device holds as many keys as it may.", count(too_large.count, "upload"));
        found.push(trouble(TroubleKind::TooManyKeys, &too_large, goes_on(&too_large), says));
    }
    if failed.count >= FEW {
        let says = format!("{} of keys failed: {}.", count(failed.count, "upload"), statuses(&failed));
        found.push(trouble(TroubleKind::FailedUploads, &failed, goes_on(&failed), says));
    }
    if storms.count > 0 {
        let says = format!("{} accepted in hours with {STORM} or more.", count(storms.count, "upload"));
        found.push(trouble(TroubleKind::UploadStorm, &storms, going_on(&storms, None, end), says));
    }
    if delayed.count >= FEW {
        let requests = count(delayed.count, "request");
        let says =
            format!("{requests} of delayed events refused, or slower than a client waits: {}.", statuses(&delayed));
        found.push(trouble(TroubleKind::DelayedEvents, &delayed, going_on(&delayed, None, end), says));
    }
    found.extend(row.iter().flat_map(at_risk));
    found.sort_by_key(|trouble| (trouble.going_on == Some(false), trouble.kind));
    if found.is_empty() {
        return None;
    }
    let named_by = named_by.or(row.as_ref().map(|_| NamedBy::Database));
    let mut clients = clients;
    if clients.is_empty() {
        clients.extend(row.as_ref().and_then(|row| client_of(row.user_agent.as_deref()?)));
    }
    Some(DeviceTrouble {
        user_id: device_ids.user.clone(),
        device_id: device_ids.device.clone(),
        named_by,
        clients,
        going_on: going_on_of(&found),
        first_ts: found.iter().filter_map(|trouble| trouble.first_ts).min(),
        last_ts: found.iter().filter_map(|trouble| trouble.last_ts).max(),
        troubles: found,
        at_risk: row,
    })
}

/// Over only if all of its troubles are over.
fn going_on_of(troubles: &[Trouble]) -> Option<bool> {
    let all_are = |state| troubles.iter().all(|trouble| trouble.going_on == state);
    let goes_on = troubles.iter().any(|trouble| trouble.going_on == Some(true));
    if goes_on { Some(true) } else { all_are(Some(false)).then_some(false) }
}

/// Trouble is over if an upload was accepted after it.
fn going_on(series: &Series, accepted: Option<i64>, end: Option<i64>) -> Option<bool> {
    let last = series.last?;
    if accepted.is_some_and(|accepted| accepted > last) {
        return Some(false);
    }
    // Trouble that comes every two hours needs a longer wait than trouble that comes every minute.
    let rhythm = series.first.map_or(0, |first| (last - first) / i64::try_from(series.count.max(2) - 1).unwrap_or(1));
    (end? - last <= (2 * rhythm).clamp(GOING_ON_MS, LONGEST_RHYTHM_MS)).then_some(true)
}

fn trouble(kind: TroubleKind, series: &Series, going_on: Option<bool>, says: String) -> Trouble {
    #[allow(clippy::cast_precision_loss, reason = "counts of lines, and milliseconds of a log")]
    let per_hour = match (series.first, series.last) {
        (Some(first), Some(last)) if last - first >= 60_000 => {
            Some(((series.count - 1) as f64 * 3_600_000.0 / (last - first) as f64 * 10.0).round() / 10.0)
        }
        _ => None,
    };
    Trouble {
        kind,
        name: kind.words().to_owned(),
        count: series.count,
        first_ts: series.first.map(moment),
        last_ts: series.last.map(moment),
        per_hour,
        going_on,
        cause: None,
        key_ids: Vec::new(),
        statuses: series
            .statuses
            .iter()
            .map(|(status, count)| StatusCount { status: *status, count: *count })
            .collect(),
        hours: series.hours.iter().map(|(at, count)| HourCount { ts: moment(*at), count: *count }).collect(),
        says,
    }
}

fn refused_trouble(
    refused: &Series,
    mut ids: Vec<RefusedKey>,
    cause: Option<RefusalCause>,
    goes_on: Option<bool>,
) -> Trouble {
    ids.sort_by(|a, b| a.first.cmp(&b.first).then_with(|| a.id.cmp(&b.id)));
    let moves = match ids.len() {
        0 => "the key is not named".to_owned(),
        1 => "always the same key".to_owned(),
        n => format!("the refused key moved on, {} so far", count(n as u64, "key")),
    };
    let cause_words = match cause {
        Some(RefusalCause::BlankStore) => " Most likely it came back with a blank crypto store.",
        Some(RefusalCause::SeveralTabs) => " Most likely several tabs share its crypto store.",
        Some(RefusalCause::SameIdentity) => {
            " It kept its identity: several tabs on one crypto store, or an older copy put back."
        }
        None => "",
    };
    let says = format!("{} of keys refused, {moves}.{cause_words}", count(refused.count, "upload"));
    let key_ids = ids.into_iter().map(|id| RefusedId {
        key_id: id.id,
        count: id.count,
        first_ts: moment(id.first),
        last_ts: moment(id.last),
    });
    let mut found = trouble(TroubleKind::RefusedUploads, refused, goes_on, says);
    if let Some(cause) = cause {
        found.name = format!("{} ({})", found.name, cause.words());
    }
    Trouble { cause, key_ids: key_ids.collect(), ..found }
}

/// A device with a new identity uploads its device keys with each try, as none of them is marked as sent.
fn cause(
    refused: &Series,
    with_device_keys: u64,
    takes_turns: bool,
    named_by: Option<NamedBy>,
    row: Option<&DeviceAtRisk>,
) -> Option<RefusalCause> {
    if refused.count < FEW {
        return None;
    }
    if with_device_keys * 2 > refused.count || row.is_some_and(|row| row.keys_of_before > 0) {
        return Some(RefusalCause::BlankStore);
    }
    // If the log itself does not name the device, it is unknown what its uploads contained.
    match (named_by, takes_turns) {
        (Some(NamedBy::Log), true) => Some(RefusalCause::SeveralTabs),
        (Some(NamedBy::Log), false) => Some(RefusalCause::SameIdentity),
        _ => None,
    }
}

fn statuses(series: &Series) -> String {
    let word = |(status, n): (&u16, &u64)| match status {
        0 => format!("{} not waited for", grouped(*n)),
        status => format!("{} with {status}", grouped(*n)),
    };
    series.statuses.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn hour_row(at: i64, hour: Hour) -> SurveyHour {
    let Hour { requests, refused, failed, delayed, slow } = hour;
    SurveyHour { ts: moment(at), requests, refused, failed, delayed, slow }
}

/// Sorts by severity: ongoing trouble first, then the worst kind, then the highest count.
fn rank(device: &DeviceTrouble) -> (u8, TroubleKind, std::cmp::Reverse<u64>, Option<String>, Option<String>) {
    let worst = &device.troubles[0];
    let over = match device.going_on {
        Some(true) => 0,
        None => 1,
        Some(false) => 2,
    };
    (over, worst.kind, std::cmp::Reverse(worst.count), device.user_id.clone(), device.device_id.clone())
}
