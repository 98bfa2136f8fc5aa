//! Between Rust and JavaScript.

use js_sys::Date;

use crate::timestamp::Timestamp;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_ms(Date::now())
}
