//! The environment of the page: browser, address, time zone.

use js_sys::{Array, Function, Reflect, global};
use wasm_bindgen::prelude::*;

use super::convert::{get, text_of};
use super::shape::{call, field, flag, is_missing, read, text};
use lotus_crypto_diag::host_facts::HostFacts;

pub(crate) fn ask_page(host_facts: &mut HostFacts) {
    let of = |owner: &str, name: &str| field(&get(&global(), owner)?, name);
    let user_agent = host_facts.fact_or_note("navigator.userAgent", text(of("navigator", "userAgent")));
    let url = host_facts.fact_or_note("location", text(location()));
    let online = host_facts.fact_or_note("navigator.onLine", flag(of("navigator", "onLine")));
    let visibility = host_facts.fact_or_note("document.visibilityState", text(of("document", "visibilityState")));
    let minutes = host_facts.fact_or_note("the time zone", read(minutes_behind_utc(), whole));
    let environment = &mut host_facts.environment;
    environment.user_agent = user_agent;
    environment.url = url;
    environment.online = online;
    environment.visibility = visibility;
    environment.utc_offset_minutes = minutes.and_then(i32::checked_neg);
}

/// Without query and fragment: they may carry a login token.
fn location() -> Result<JsValue, JsValue> {
    let location = get(&global(), "location")?;
    if is_missing(&location) {
        return Ok(location);
    }
    let part = |name| text_of(&field(&location, name)?);
    Ok([part("origin")?, part("pathname")?].concat().into())
}

fn minutes_behind_utc() -> Result<JsValue, JsValue> {
    let date: Function = get(&global(), "Date")?.unchecked_into();
    let now = Reflect::construct(&date, &Array::new())?;
    call(&now, "getTimezoneOffset", &[])
}

fn whole(value: &JsValue) -> Option<i32> {
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
    value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i32)
}
