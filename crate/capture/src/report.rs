//! The report: data of the host, the page and the session is combined, redacted, and written once.

use futures_util::future::join4;
use js_sys::futures::future_to_promise;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::bounded::await_promise;
use super::convert::{explain, to_object};
use super::diag::CryptoDiag;
use super::environment::ask_page;
use super::matrix_client::{ask_app, ask_client, ask_crypto, running_crypto};
use super::shape::{field, is_missing, texts};
use super::stored_events::fetch_events;
use super::without_secrets::WithoutSecrets;
use lotus_crypto_diag::host_facts::{HostFacts, PageFacts};
use lotus_crypto_diag::redact::redact;
use lotus_crypto_diag::report::{CaptureState, CaptureStatus};
use lotus_crypto_diag::server_evidence::{ServerEvidence, StoredEvent};
use lotus_crypto_diag::stored_events::unread_events;

#[wasm_bindgen]
extern "C" {
    /// Returns what the package knows about itself and the tabs.
    #[derive(Clone)]
    #[wasm_bindgen(typescript_type = "() => Facts")]
    pub type Facts;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn read(this: &Facts, receiver: &JsValue) -> Result<JsValue, JsValue>;

    /// Adds the diagnosis to a report's text; a string instead is the note that the diagnosis module is not loaded.
    #[wasm_bindgen(typescript_type = "Judge | string")]
    pub type Judge;
}

#[wasm_bindgen]
impl CryptoDiag {
    /// A report of what is known now. Never throws, whatever the Matrix client and the host's extras are.
    #[wasm_bindgen(js_name = buildReport)]
    pub fn build_report(&self, mx: &JsValue, extras: &JsValue, facts: &Facts, judge: &Judge) -> String {
        let mut host_facts = HostFacts::default();
        ask_app(extras, &mut host_facts);
        ask_client(mx, &mut host_facts);
        ask_page(&mut host_facts);
        self.write(host_facts, facts, judge, None)
    }

    /// As `buildReport`, after asking the SDK and the browser what they only answer asynchronously. `judge` is awaited
    /// together with these answers.
    #[wasm_bindgen(js_name = collectReport, unchecked_return_type = "Promise<string>")]
    pub fn collect_report(
        &self,
        mx: JsValue,
        extras: &JsValue,
        facts: &Facts,
        #[wasm_bindgen(unchecked_param_type = "Promise<Judge | string>")] judge: Promise,
    ) -> Promise {
        let mut host_facts = HostFacts::default();
        let may_fetch = ask_app(extras, &mut host_facts);
        ask_client(&mx, &mut host_facts);
        ask_page(&mut host_facts);
        let crypto = (!is_missing(&mx)).then(|| running_crypto(&mx, &mut host_facts)).flatten();
        let to_fetch = may_fetch && !is_missing(&mx);
        let wanted = if to_fetch { unread_events(self.session.borrow().entries()) } else { Vec::new() };
        let (diag, facts) = (self.clone(), facts.clone());
        future_to_promise(async move {
            let (crypto_answers, fetched, (), judge) =
                join4(ask_crypto(crypto), fetch_events(&mx, wanted), diag.storage.read(), await_promise(Ok(judge)))
                    .await;
            crypto_answers.note(&mut host_facts);
            let events = to_fetch.then(|| collect_fetched(fetched, &mut host_facts));
            let judge = judge.unwrap_or_else(JsValue::from).unchecked_into();
            Ok(diag.write(host_facts, &facts, &judge, events).into())
        })
    }

    /// A copy of the entries.
    #[wasm_bindgen(unchecked_return_type = "Entry[]")]
    pub fn entries(&self) -> JsValue {
        let json = self.session.borrow().entries_json();
        to_object(&json)
    }
}

impl CryptoDiag {
    fn write(
        &self,
        mut host_facts: HostFacts,
        facts: &Facts,
        judge: &Judge,
        events: Option<Vec<StoredEvent>>,
    ) -> String {
        // Nothing is borrowed while JavaScript runs.
        let facts = facts.read(&JsValue::UNDEFINED).unwrap_or_default();
        let tabs = WithoutSecrets(field(&facts, "tabs").unwrap_or_default());
        let page = page_facts(&facts);
        host_facts.notes.extend(judge.as_string());
        let now = self.clock.now();
        let client = &host_facts.client;
        let earlier = self.kept.earlier(client.user_id.as_deref(), client.device_id.as_deref());
        host_facts.notes.extend(earlier.notes);
        let (storage, latency) = (self.storage.known(), self.timings.known(now));
        let mut report = host_facts.report(&self.session.borrow(), page, tabs, storage, latency, now);
        report.earlier = earlier.pages;
        let text = report.to_text();
        if !judge.is_function() {
            return text;
        }
        let judged = judge.unchecked_ref::<Function>().call2(&JsValue::UNDEFINED, &text.into(), &evidence(events));
        let failure = match judged.map(|text| text.as_string()) {
            Ok(Some(text)) => return text,
            Ok(None) => "it gave no text".into(),
            Err(error) => explain(&error),
        };
        report.page.notes.push(redact(&["the diagnosis failed: ", &failure].concat()).into_owned());
        report.to_text()
    }
}

fn page_facts(facts: &JsValue) -> PageFacts {
    let text = |object: &JsValue, name| field(object, name).ok().and_then(|value| value.as_string());
    let status = field(facts, "status").unwrap_or_default();
    PageFacts {
        status: CaptureStatus {
            state: text(&status, "state").and_then(|word| CaptureState::named(&word)).unwrap_or_default(),
            reason: text(&status, "reason"),
            version: text(&status, "version").unwrap_or_default(),
        },
        capturing_since: text(facts, "capturingSince").and_then(|since| since.parse().ok()),
        blind_spots: field(facts, "blindSpots").map(|list| texts(&list).collect()).unwrap_or_default(),
    }
}

/// The events that were found; notes why the others were not.
fn collect_fetched(fetched: Vec<Result<StoredEvent, String>>, host_facts: &mut HostFacts) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    for event in fetched {
        match event {
            Ok(event) => events.push(event),
            Err(note) => host_facts.notes.push(note),
        }
    }
    if !events.is_empty() {
        let ids: Vec<&str> = events.iter().map(|event| &*event.event_id).collect();
        host_facts.notes.push(["fetched from the homeserver, and cited as server.events: ", &ids.join(", ")].concat());
    }
    events
}

/// Server evidence in the form that the diagnosis module reads.
fn evidence(events: Option<Vec<StoredEvent>>) -> JsValue {
    let Some(events) = events else { return JsValue::UNDEFINED };
    ServerEvidence { events: Some(events), ..ServerEvidence::default() }.to_text().into()
}
