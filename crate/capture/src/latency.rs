//! The timings of requests, as the browser's `PerformanceObserver` gives them.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::convert::{Clock, to_object};
use lotus_crypto_diag::latency::LatencyLog;
use lotus_crypto_diag::timestamp::Timestamp;

/// How long the homeserver took. Not for hosts: the package's own API stands in front of it.
#[wasm_bindgen]
pub struct RequestTimings {
    log: RefCell<LatencyLog>,
    clock: Clock,
}

#[wasm_bindgen]
impl RequestTimings {
    /// `clock` gives the milliseconds since 1970.
    #[wasm_bindgen(constructor)]
    pub fn new(clock: Clock) -> Self {
        Self { log: RefCell::default(), clock }
    }

    /// Requests are timed from then on, in milliseconds since 1970.
    pub fn begin(&self, ms: f64) {
        self.log.borrow_mut().begin(Timestamp::from_ms(ms));
    }

    /// A request to `url` began then and took so long; `status` is 0 where no answer came.
    pub fn take(&self, url: &str, ms: f64, duration_ms: f64, status: Option<u16>) {
        self.log.borrow_mut().take(url, Timestamp::from_ms(ms), duration_ms.round(), status);
    }

    /// Requests up to then may be missing.
    pub fn miss(&self, ms: f64) {
        self.log.borrow_mut().miss(Timestamp::from_ms(ms));
    }

    /// Requests are timed no more.
    pub fn end(&self) {
        self.log.borrow_mut().end();
    }

    /// `null` where nothing was timed.
    #[wasm_bindgen(unchecked_return_type = "Latency | null")]
    pub fn status(&self) -> JsValue {
        let now = self.clock.now();
        let json = self.log.borrow().status_json(now);
        to_object(&json)
    }
}
