//! The members of an election in this page, with their host's options. An option may be missing, have another type, or
//! throw.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::bounded::await_promise;
use super::convert::{explain, get};
use lotus_crypto_diag::election::Role;

#[wasm_bindgen]
extern "C" {
    /// See its declaration in TypeScript.
    #[wasm_bindgen(typescript_type = "TabLeadershipOptions")]
    pub type TabLeadershipOptions;

    /// The `TabLeadership` object that the host holds. Its methods do not throw.
    #[wasm_bindgen(typescript_type = "TabMember")]
    pub type TabMember;

    /// Sets the member's role.
    #[wasm_bindgen(method, catch)]
    fn changed(this: &TabMember, role: &str) -> Result<(), JsValue>;

    /// Sets whether the leader is silent.
    #[wasm_bindgen(method, catch)]
    fn silenced(this: &TabMember, is_silent: bool) -> Result<(), JsValue>;
}

pub(crate) struct Member {
    options: TabLeadershipOptions,
    host: TabMember,
    /// Whether the host's `readName` gave the election's name at first. If the two never agree, comparing them would reload
    /// the page for ever.
    is_comparable: bool,
}

impl Member {
    pub(crate) fn new(name: &str, options: TabLeadershipOptions, host: TabMember) -> Self {
        let member = Self { options, host, is_comparable: true };
        let has_reader = get(&member.options, "readName").is_ok_and(|reader| !reader.is_undefined());
        Self { is_comparable: has_reader && member.is_stored(name), ..member }
    }

    pub(crate) fn notify_role(&self, role: Role) {
        let _ = self.host.changed(role_name(role));
    }

    pub(crate) fn notify_silent(&self, is_silent: bool) {
        let _ = self.host.silenced(is_silent);
    }

    /// Whether the stored session is no longer the one that this page was loaded for.
    pub(crate) fn is_stale(&self, name: &str) -> bool {
        self.is_comparable && !self.is_stored(name)
    }

    fn is_stored(&self, name: &str) -> bool {
        // If `readName` throws, the page is not reloaded.
        self.call("readName", None).map_or(true, |stored| stored == name)
    }

    /// Asks whether the tab may hand over; the result goes to [`refusal`].
    pub(crate) fn can_yield(&self, otherwise: &Function) -> Result<JsValue, JsValue> {
        self.call("canYield", Some(otherwise))
    }

    /// Lets the host shut down its client.
    pub(crate) fn begin_yield(&self) -> Result<JsValue, JsValue> {
        self.call("onYield", None)
    }

    fn call(&self, name: &str, otherwise: Option<&Function>) -> Result<JsValue, JsValue> {
        let given = get(&self.options, name)?;
        if !given.is_undefined() && !given.is_null() {
            return given.unchecked_ref::<Function>().call0(&self.options);
        }
        otherwise.map_or(Ok(JsValue::UNDEFINED), |otherwise| otherwise.call0(&JsValue::UNDEFINED))
    }
}

/// Why the host does not yield; `None` if it yields.
pub(crate) async fn refusal(asked: Result<JsValue, JsValue>) -> Option<String> {
    let reason = match await_promise(asked.map(JsValue::unchecked_into)).await {
        Ok(yes) if yes.is_undefined() || yes.is_null() || yes == true => return None,
        Ok(reason) if reason.is_falsy() => String::new(),
        Ok(reason) => explain(&reason),
        Err(reason) => reason,
    };
    Some(if reason.is_empty() { "it is busy".to_owned() } else { reason })
}

/// Waits until the host has shut down. If that fails, the client counts as shut down: nothing better is known.
pub(crate) async fn shut_down(asked: Result<JsValue, JsValue>) {
    let _ = await_promise(asked.map(JsValue::unchecked_into)).await;
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Leader => "leader",
        Role::Follower => "follower",
        Role::Solo => "solo",
    }
}
