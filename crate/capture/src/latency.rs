//! The timings of requests, as the browser's `PerformanceObserver` gives them.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use lotus_crypto_diag::latency::{Latency, LatencyLog};
use lotus_crypto_diag::timestamp::Timestamp;

/// How long the homeserver took to answer. Internal: hosts use the package's own API.
#[wasm_bindgen]
#[derive(Clone, Default)]
pub struct RequestTimings {
    log: Rc<RefCell<LatencyLog>>,
}

#[wasm_bindgen]
impl RequestTimings {
    /// Requests are timed from `ms` on, in milliseconds since 1970.
    pub fn begin(&self, ms: f64) {
        self.log.borrow_mut().begin(Timestamp::from_ms(ms));
    }

    /// A request to `url` began at `ms` and took `duration_ms`; `status` is 0 if no answer came.
    pub fn take(&self, url: &str, ms: f64, duration_ms: f64, status: Option<u16>) {
        self.log.borrow_mut().take(url, Timestamp::from_ms(ms), duration_ms.round(), status);
    }

    /// Some requests before `ms` may be missing.
    pub fn miss(&self, ms: f64) {
        self.log.borrow_mut().miss(Timestamp::from_ms(ms));
    }

    /// Requests are no longer timed.
    pub fn end(&self) {
        self.log.borrow_mut().end();
    }
}

impl RequestTimings {
    pub(crate) fn known(&self, now: Timestamp) -> Option<Latency> {
        self.log.borrow().status(now)
    }
}
