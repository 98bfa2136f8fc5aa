//! The election of a leader, in a page: carries out what [`Leadership`] decides.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use lotus_crypto_diag::election::{Action, Answer, Event, Role};
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::tab_message::Message;

#[wasm_bindgen(module = "/js/tab.js")]
extern "C" {
    type Tab;

    #[wasm_bindgen(js_name = openTab)]
    fn open_tab(name: &str, on_event: &JsValue, host: &Function, guard: &JsValue, signal: &JsValue) -> Tab;

    /// Takes part.
    #[wasm_bindgen(method)]
    fn start(this: &Tab);

    #[wasm_bindgen(method)]
    fn request(this: &Tab, number: u32);

    #[wasm_bindgen(method)]
    fn cancel(this: &Tab, number: u32);

    #[wasm_bindgen(method)]
    fn post(this: &Tab, text: &str);

    #[wasm_bindgen(method, js_name = setTimer)]
    fn set_timer(this: &Tab, number: u32, ms: u32);

    #[wasm_bindgen(method, js_name = noteLead)]
    fn note_lead(this: &Tab);
}

type OnEvent = Closure<dyn Fn(u8, u32, String)>;

/// A page's part in the election of the one leader among the tabs of a session. Not for hosts: the package's own API
/// stands in front of it.
#[wasm_bindgen]
pub struct TabElection {
    page: Rc<Page>,
    // The snippet holds references into it.
    _on_event: OnEvent,
}

struct Page {
    machine: RefCell<Leadership>,
    /// What happened while something else was being dealt with: the host may call from inside a callback.
    events: RefCell<VecDeque<Event>>,
    busy: Cell<bool>,
    tab: OnceCell<Rc<Tab>>,
    host: Function,
}

#[wasm_bindgen]
impl TabElection {
    /// Takes part at once. `host` is called with a word and a text: `role` and the new one; `silent` where the leader does
    /// not respond to this tab, and `responds` when that is over; `ask`, to which [`decided`](Self::decided) is the answer;
    /// `shutdown`, to which [`down`](Self::down) is; `granted`, `refused` and the reason, or `silence`, to
    /// [`take_over`](Self::take_over); `broken` where the wasm is, and whether the lock is lost. For the others see `tab.js`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, id: String, host: Function, guard: &JsValue, signal: &JsValue) -> Self {
        let page = Rc::new(Page {
            machine: RefCell::new(Leadership::new(id)),
            events: RefCell::default(),
            busy: Cell::new(false),
            tab: OnceCell::new(),
            host,
        });
        let weak = Rc::downgrade(&page);
        let on_event: OnEvent = Closure::new(move |kind, number, text: String| {
            if let (Some(page), Some(event)) = (weak.upgrade(), event(kind, number, &text)) {
                page.give(event);
            }
        });
        page.tab.get_or_init(|| Rc::new(open_tab(name, on_event.as_ref(), &page.host, guard, signal)));
        if let Some(tab) = page.tab.get() {
            tab.start();
        }
        Self { page, _on_event: on_event }
    }

    /// The host wants this page to lead.
    #[wasm_bindgen(js_name = takeOver)]
    pub fn take_over(&self) {
        self.page.give(Event::TakeOver);
    }

    /// The host refuses to yield, for this reason, or it yields.
    pub fn decided(&self, refusal: Option<String>) {
        self.page.give(Event::Decided(refusal));
    }

    /// The host that was to yield has shut down.
    pub fn down(&self) {
        self.page.give(Event::Down);
    }

    /// Lets the lock go and takes no part any more.
    pub fn release(&self) {
        self.page.give(Event::Released);
    }
}

impl Page {
    fn give(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
        if self.busy.replace(true) {
            return;
        }
        while let Some(event) = self.next() {
            // Nothing is borrowed while JavaScript runs.
            let actions = self.machine.borrow_mut().on(event);
            for action in actions {
                self.act(action);
            }
        }
        self.busy.set(false);
    }

    fn next(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    fn act(&self, action: Action) {
        let Some(tab) = self.tab.get() else { return };
        match action {
            Action::Tell(role) => self.tell("role", word(role)),
            Action::TellSilent(is_silent) => self.tell(if is_silent { "silent" } else { "responds" }, ""),
            Action::Request(number) => tab.request(number),
            Action::Cancel(number) => tab.cancel(number),
            Action::Post(message) => tab.post(&message.to_text()),
            Action::SetTimer { number, ms } => tab.set_timer(number, ms),
            Action::NoteLead => tab.note_lead(),
            Action::AskHost => self.tell("ask", ""),
            Action::ShutDown => self.tell("shutdown", ""),
            Action::Answered(Answer::Granted) => self.tell("granted", ""),
            Action::Answered(Answer::Refused(reason)) => self.tell("refused", &reason),
            Action::Answered(Answer::Silence) => self.tell("silence", ""),
        }
    }

    fn tell(&self, what: &str, text: &str) {
        // It only takes note; if it throws, nothing comes of it.
        let _ = self.host.call2(&JsValue::UNDEFINED, &what.into(), &text.into());
    }
}

const fn word(role: Role) -> &'static str {
    match role {
        Role::Leader => "leader",
        Role::Follower => "follower",
        Role::Solo => "solo",
    }
}

/// What `tab.js` says, by its numbers.
fn event(kind: u8, number: u32, text: &str) -> Option<Event> {
    Some(match kind {
        0 => Event::Started { led_before: number > 0 },
        1 => Event::Granted { number, waited_ms: text.parse().ok()? },
        2 => Event::Ended(number),
        3 => Event::Unavailable,
        4 => Event::Heard(Message::parse(text)?),
        5 => Event::TimedOut(number),
        6 => Event::Hidden,
        7 => Event::Shown,
        8 => Event::Visible(number > 0),
        _ => return None,
    })
}
