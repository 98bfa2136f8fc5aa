//! Who takes part in an election in this page: each with the options that a host gave. Any of them may be missing, of
//! another type, or throw.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::bounded::answer;
use super::convert::{explain, get};
use lotus_crypto_diag::election::Role;

#[wasm_bindgen]
extern "C" {
    /// See its declaration in TypeScript.
    #[wasm_bindgen(typescript_type = "TabLeadershipOptions")]
    pub type TabLeadershipOptions;

    /// What the host holds. Its methods do not throw.
    #[wasm_bindgen(typescript_type = "TabMember")]
    pub type TabMember;

    /// It has a new role.
    #[wasm_bindgen(method, catch)]
    fn changed(this: &TabMember, role: &str) -> Result<(), JsValue>;

    /// Whether the leader is silent, from now on.
    #[wasm_bindgen(method, catch)]
    fn silenced(this: &TabMember, is_silent: bool) -> Result<(), JsValue>;
}

pub(crate) struct Member {
    options: TabLeadershipOptions,
    host: TabMember,
    /// Whether the stored session can be compared: a host whose two names never agree would be loaded for ever.
    is_comparable: bool,
}

impl Member {
    pub(crate) fn new(name: &str, options: TabLeadershipOptions, host: TabMember) -> Self {
        let member = Self { options, host, is_comparable: true };
        let has_reader = get(&member.options, "readName").is_ok_and(|reader| !reader.is_undefined());
        Self { is_comparable: has_reader && member.is_stored(name), ..member }
    }

    pub(crate) fn tell(&self, role: Role) {
        let _ = self.host.changed(word(role));
    }

    pub(crate) fn tell_silent(&self, is_silent: bool) {
        let _ = self.host.silenced(is_silent);
    }

    /// Whether the session that this page was loaded for is not the stored one any more.
    pub(crate) fn is_stale(&self, name: &str) -> bool {
        self.is_comparable && !self.is_stored(name)
    }

    fn is_stored(&self, name: &str) -> bool {
        // A host that fails to read its session is left alone.
        self.call("readName", None).map_or(true, |stored| stored == name)
    }

    /// Asks whether the tab may hand over. The promise, or whatever it is, goes to [`refusal`].
    pub(crate) fn can_yield(&self, otherwise: &Function) -> Result<JsValue, JsValue> {
        self.call("canYield", Some(otherwise))
    }

    /// Has the host shut its client down.
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

/// Why the host does not yield; `None`: it does.
pub(crate) async fn refusal(asked: Result<JsValue, JsValue>) -> Option<String> {
    let reason = match answer(asked.map(JsValue::unchecked_into)).await {
        Ok(yes) if yes.is_undefined() || yes.is_null() || yes == true => return None,
        Ok(reason) if reason.is_falsy() => String::new(),
        Ok(reason) => explain(&reason),
        Err(reason) => reason,
    };
    Some(if reason.is_empty() { "it is busy".to_owned() } else { reason })
}

/// Waits. A host that fails to shut down in good order has shut down nevertheless, as far as can be known.
pub(crate) async fn shut_down(asked: Result<JsValue, JsValue>) {
    let _ = answer(asked.map(JsValue::unchecked_into)).await;
}

const fn word(role: Role) -> &'static str {
    match role {
        Role::Leader => "leader",
        Role::Follower => "follower",
        Role::Solo => "solo",
    }
}
