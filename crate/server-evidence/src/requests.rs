//! Requests to the homeserver, from a HAR file or the homeserver's log.

use lotus_crypto_diag::entry::Refusal;
use serde::Serialize;

/// A request to the homeserver and how long it took, from a HAR file or the homeserver's log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(optional_fields))]
pub struct TimedRequest {
    /// Its start, in milliseconds since 1970.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub at: i64,
    /// Whether `at` is in UTC, independent of the server's time zone.
    #[serde(skip)]
    pub is_utc: bool,
    /// From its start to the end of the answer, in milliseconds.
    pub duration_ms: f64,
    /// HTTP method.
    pub method: String,
    /// The path from `/_matrix/` on, every id replaced by `{id}`, as in a report.
    pub path: String,
    /// HTTP status; 0 if no answer came.
    pub status: u16,
    /// Synapse's name of the request: `POST-123`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The line of the log, unless it is ordinary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The refusal, if an upload of keys was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The Matrix error code, if an upload of keys failed otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errcode: Option<String>,
}

impl TimedRequest {
    pub(crate) fn is_ordinary(&self) -> bool {
        (200..400).contains(&self.status)
    }
}

/// Of more requests in one file, an even share is kept.
const MAX_REQUESTS: usize = 200_000;

/// Collects requests. When there are too many, drops every second one, and from then on takes only every second one.
#[derive(Debug)]
pub(crate) struct Requests {
    kept: Vec<TimedRequest>,
    pub(crate) seen: u64,
    step: u64,
}

impl Default for Requests {
    fn default() -> Self {
        Self { kept: Vec::new(), seen: 0, step: 1 }
    }
}

impl Requests {
    /// Whether the next ordinary request would be kept.
    pub(crate) fn wants_ordinary(&self) -> bool {
        (self.seen + 1).is_multiple_of(self.step)
    }

    pub(crate) fn skip(&mut self) {
        self.seen += 1;
    }

    pub(crate) fn add(&mut self, request: TimedRequest) {
        // Failed requests are evidence and always kept; a share of the others shows how fast the server was.
        let is_wanted = !request.is_ordinary() || self.wants_ordinary();
        self.seen += 1;
        if is_wanted {
            self.kept.push(request);
        }
        if self.kept.len() >= MAX_REQUESTS {
            let failed = self.kept.iter().filter(|request| !request.is_ordinary()).count();
            // If almost everything fails, a share of the failures is enough.
            let keeps_failed = failed < MAX_REQUESTS / 2;
            let mut place = 0;
            self.kept.retain(|request| {
                place += 1;
                place % 2 == 1 || (keeps_failed && !request.is_ordinary())
            });
            self.step *= 2;
        }
    }

    pub(crate) fn is_thinned(&self) -> bool {
        self.step > 1
    }

    /// Sorted by time.
    pub(crate) fn into_kept(self) -> Vec<TimedRequest> {
        let mut kept = self.kept;
        kept.sort_by_key(|request| request.at);
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_sample_of_too_many_requests_is_kept() {
        let mut requests = Requests::default();
        for at in 0..1_000_000 {
            let status = if at % 100_000 == 7 { 500 } else { 200 };
            let (method, path) = ("GET".to_owned(), "/_matrix/client/versions".to_owned());
            requests.add(TimedRequest {
                at,
                is_utc: false,
                duration_ms: 1.0,
                method,
                path,
                status,
                request: None,
                text: None,
                refusal: None,
                errcode: None,
            });
        }
        assert!(requests.is_thinned());
        assert_eq!(requests.seen, 1_000_000);
        let kept = requests.into_kept();
        assert!(kept.len() < MAX_REQUESTS && kept.len() > MAX_REQUESTS / 2, "{}", kept.len());
        let early = kept.iter().filter(|request| request.at < 500_000).count();
        assert!(early.abs_diff(kept.len() - early) < kept.len() / 20, "{early} of {}", kept.len());
    }
}
