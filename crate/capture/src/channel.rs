//! `BroadcastChannel`: texts to and from the other tabs of the origin.

use js_sys::{Function, JsString};
use wasm_bindgen::prelude::*;
use web_sys::BroadcastChannel;

use super::convert::get;
use super::page::{bound, set};
use super::shape::call;

/// Closes when dropped.
pub(crate) struct Channel {
    inner: BroadcastChannel,
    close: Option<Function>,
    _on_message: Closure<dyn Fn(JsValue)>,
}

impl Channel {
    /// `longest` is in UTF-16 units. Other scripts may post longer messages; wasm memory never shrinks, so these are dropped
    /// unread.
    pub(crate) fn open(name: &str, longest: usize, on_text: impl Fn(String) + 'static) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(name)?;
        let on_message = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let data = get(&event, "data").ok().and_then(|data| data.dyn_into::<JsString>().ok());
            if let Some(text) = data.filter(|text| text.length() as usize <= longest) {
                on_text(text.into());
            }
        });
        set(&channel, "onmessage", on_message.as_ref())?;
        // Node only: an open channel must not keep the process running.
        let _ = call(&channel, "unref", &[]);
        Ok(Self { close: bound(&channel, "close"), inner: channel, _on_message: on_message })
    }

    /// The bound `close` method, for when the module no longer runs.
    pub(crate) const fn close_function(&self) -> Option<&Function> {
        self.close.as_ref()
    }

    pub(crate) fn post(&self, text: &str) -> Result<(), JsValue> {
        self.inner.post_message(&text.into())
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // A page's own replacement of `BroadcastChannel` may have no `close`.
        let _ = self.close.as_ref().map(|close| close.call0(&JsValue::UNDEFINED));
    }
}
