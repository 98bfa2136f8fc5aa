//! Combines logs and tables, one file after the other.

use std::collections::{HashMap, HashSet};

use lotus_crypto_diag::survey::{Coverage, DeviceAtRisk, Skipped};

use crate::case::FileWithOffset;
use crate::content::Kind;
use crate::log_tally::LogTally;
use crate::process::{DISORDER_MS, Process};
use crate::tally::{DeviceIds, Tally};

/// How many processes are followed at once.
const MAX_PROCESSES: usize = 16;

/// The combined content of files, in UTC. A file that was added may be dropped: memory does not grow with the number of
/// files.
///
/// Logs are added in the order of their first times. If none begins before the previous one ends, they are pieces of one
/// log, and the result is that of the whole log. Otherwise they are logs of several workers: a log continues the one whose
/// request numbers it continues, and is read by itself if that is not certain.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what is known of the files")]
pub struct Gathering {
    pub(crate) all: Tally,
    pub(crate) skipped: Skipped,
    pub(crate) rows: HashMap<DeviceIds, DeviceAtRisk>,
    pub(crate) coverage: Option<Coverage>,
    pub(crate) has_log: bool,
    pub(crate) has_rows: bool,
    /// How far the server's clock is ahead of UTC; `None` if no log has its local time.
    pub(crate) local_offset_ms: Option<i64>,
    pub(crate) duplicates: u64,
    /// Processes whose log the next file may continue.
    processes: Vec<Process>,
    last: Option<i64>,
    /// Whether logs overlap in time, as those of several workers do.
    pub(crate) are_several: bool,
    digests: HashSet<u64>,
}

impl Gathering {
    /// Adds a file.
    pub fn add(&mut self, file: &FileWithOffset<'_>) {
        let content = file.content;
        if let Some(rows) = &content.rows.devices_at_risk {
            self.has_rows = true;
            self.coverage = content.rows.coverage.or(self.coverage);
            for row in rows {
                let device_ids = DeviceIds { user: Some(row.user_id.clone()), device: Some(row.device_id.clone()) };
                self.rows.insert(device_ids, row.clone());
            }
        }
        if content.kind != Kind::Log {
            return;
        }
        self.has_log = true;
        if self.digests.insert(content.tally.digest) {
            self.add_log(&content.tally, file.offset_ms);
        } else {
            self.duplicates += 1;
        }
    }

    fn add_log(&mut self, log: &LogTally, offset_ms: i64) {
        if log.local.from.is_some() {
            self.local_offset_ms = Some(offset_ms);
        }
        let span = log.span(offset_ms);
        if let (Some([from, _]), Some(last)) = (span, self.last) {
            self.are_several |= from + DISORDER_MS < last;
        }
        self.last = [self.last, span.map(|[_, to]| to)].into_iter().flatten().max();
        let nth = self.process_of(log, offset_ms).unwrap_or_else(|| {
            if self.processes.len() >= MAX_PROCESSES {
                let oldest = (0..MAX_PROCESSES).min_by_key(|nth| self.processes[*nth].last);
                let over = self.processes.remove(oldest.unwrap_or_default());
                self.merge(over.ended());
            }
            self.processes.push(Process::default());
            self.processes.len() - 1
        });
        self.processes[nth].append(log, offset_ms);
    }

    /// The process whose log this one continues; `None`: there is none, or it may be one of several.
    fn process_of(&self, log: &LogTally, offset_ms: i64) -> Option<usize> {
        if !self.are_several {
            return self.processes.len().checked_sub(1);
        }
        let steps = self.processes.iter().enumerate();
        let mut steps: Vec<_> =
            steps.filter_map(|(nth, process)| Some((process.step_to(log, offset_ms)?, nth))).collect();
        steps.sort_unstable();
        match steps[..] {
            [(_, nth)] => Some(nth),
            [(least, nth), (next, _), ..] if least < next => Some(nth),
            _ => None,
        }
    }

    /// Ends the log: no file continues it.
    pub(crate) fn end_log(&mut self) {
        let mut ended: Vec<Process> = std::mem::take(&mut self.processes).into_iter().map(Process::ended).collect();
        // In an order that does not depend on where the logs were cut.
        ended.sort_by_key(|process| (process.all.from, process.all.to));
        for process in ended {
            self.merge(process);
        }
    }

    fn merge(&mut self, Process { all, skipped, .. }: Process) {
        self.skipped.add(&skipped);
        // A single log is moved, not copied.
        if self.all.from.is_none() {
            self.all = all;
        } else {
            self.all.merge(&all, 0);
        }
    }
}
