//! Which IndexedDB databases exist, and whether one can be opened, without creating it.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest};

use super::bounded::within;
use super::convert::{explain, get};
use super::events::listen;
use super::shape::{call, is_list};

/// The browser's list of databases, possibly still pending, or why there is none.
#[derive(Clone)]
pub(crate) enum Listing {
    Asked(Promise),
    Unknown(String),
}

impl Listing {
    /// Asks at once, so that databases that the SDK creates a moment later are not listed.
    pub(crate) fn now() -> Self {
        let asked = databases().and_then(|(factory, list)| list.call0(&factory).map_err(|error| explain(&error)));
        asked.map_or_else(Self::Unknown, |list| Self::Asked(list.unchecked_into()))
    }

    /// A list that was requested before this module was loaded.
    pub(crate) fn of(asked: Promise) -> Self {
        // If the browser has no such method, the reason is worded here.
        databases().map_or_else(Self::Unknown, |_| Self::Asked(asked))
    }

    pub(crate) async fn names(self) -> Result<Vec<String>, String> {
        let asked = match self {
            Self::Asked(asked) => asked,
            Self::Unknown(reason) => return Err(reason),
        };
        let found = within("indexedDB.databases()", Ok(asked)).await?;
        if !is_list(&found) {
            return Err("TypeError: indexedDB.databases() gave no list".into());
        }
        let found: Array = found.unchecked_into();
        let name = |at| get(&found.get(at), "name").ok().and_then(|name| name.as_string());
        Ok((0..found.length()).filter_map(name).collect())
    }
}

fn databases() -> Result<(JsValue, Function), String> {
    let factory = get(&js_sys::global(), "indexedDB").map_err(|error| explain(&error))?;
    if factory.is_falsy() {
        return Err("this browser has no IndexedDB".into());
    }
    let list = get(&factory, "databases").map_err(|error| explain(&error))?;
    if !list.is_function() {
        return Err("this browser has no indexedDB.databases()".into());
    }
    Ok((factory, list.unchecked_into()))
}

/// Whether a database is absent: opens it, and aborts if that would create it. Fails if the browser does not say.
pub(crate) async fn is_absent(name: &str) -> Result<bool, String> {
    let factory = get(&js_sys::global(), "indexedDB").map_err(|error| explain(&error))?;
    let request: IdbOpenDbRequest =
        factory.unchecked_ref::<IdbFactory>().open(name).map_err(|error| explain(&error))?;
    let opened = Promise::new(&mut |resolve, _| {
        let resolve_on = |event: &str, is_absent: bool| {
            let (resolve, request) = (resolve.clone(), request.clone());
            let target = request.clone();
            let _ = listen(&target, event, move |_| {
                if is_absent {
                    // Aborting creates nothing. The promise is already resolved when the `error` event follows.
                    let _ = request.transaction().map(|making| making.abort());
                } else if let Ok(database) = request.result() {
                    database.unchecked_into::<IdbDatabase>().close();
                }
                let _ = resolve.call1(&JsValue::UNDEFINED, &is_absent.into());
            });
        };
        // Without a version, an existing database opens in its own.
        resolve_on("upgradeneeded", true);
        resolve_on("success", false);
        let undecided = resolve.clone();
        let _ = listen(&request, "error", move |event| {
            // Otherwise Firefox reports the IndexedDB error to the page.
            let _ = call(&event, "preventDefault", &[]);
            let _ = undecided.call0(&JsValue::UNDEFINED);
        });
    });
    let answer = within("indexedDB.open()", Ok(opened)).await?;
    answer.as_bool().ok_or_else(|| "indexedDB.open() failed".into())
}
