//! What a page does about its mail before its machine is told: as `tab.js`.

use super::*;

impl Browser {
    /// What the machine is told of a piece of mail, as by `tab.js`.
    pub(super) fn read(&mut self, tab: usize, place: usize) -> Option<Event> {
        let (due, mail) = self.tabs[tab].inbox.remove(place);
        let is_over = |number: &u32| !self.tabs[tab].requests.contains(number);
        match mail {
            Mail::Lock(_, Request { number, .. })
            | Mail::Pulse(number)
            | Mail::Waited(number)
            | Mail::Event(Event::Ended(number))
                if is_over(&number) =>
            {
                None
            }
            // A thief that did not run meanwhile has to be told first what happened.
            Mail::Lock(lock, Request { steal: true, waited: false, at, number }) if self.now - at > PROMPT_MS => {
                let at = self.now + PROMPT_MS;
                let again = Request { steal: true, waited: true, at, number };
                self.tabs[tab].inbox.push((at, Mail::Lock(lock, again)));
                None
            }
            Mail::Lock(0, Request { number, steal: false, .. }) if self.grace_ends(tab) > self.now => {
                let at = self.grace_ends(tab);
                self.tabs[tab].inbox.push((at, Mail::Waited(number)));
                None
            }
            Mail::Lock(0, Request { number, steal, .. }) => {
                let (last, in_time) = self.tabs[tab].pulse;
                let is_sure = !steal && in_time >= 2 && self.now - last <= PULSE_IN_TIME_MS;
                self.request(1, tab, number, steal);
                is_sure.then(|| {
                    self.tabs[tab].sure = number;
                    Event::Granted(number)
                })
            }
            Mail::Lock(_, Request { number, .. }) if number == self.tabs[tab].sure => None,
            Mail::Lock(_, Request { number, at, waited, .. }) if waited || self.now - at <= PROMPT_MS => {
                Some(Event::Granted(number))
            }
            // One of the locks is lost: the other is let go.
            Mail::Lock(_, Request { number, .. }) | Mail::Event(Event::Ended(number)) => {
                self.let_go(tab, Some(number));
                Some(Event::Ended(number))
            }
            Mail::Theft(at) => {
                self.tabs[tab].theft = self.tabs[tab].theft.max(Some(at));
                None
            }
            Mail::Waited(number) => {
                self.request(1, tab, number, false);
                None
            }
            Mail::Pulse(_) => {
                let (last, in_time) = self.tabs[tab].pulse;
                let gap = self.now - last;
                if gap > PULSE_IN_TIME_MS {
                    self.tabs[tab].pulse = (self.now, 0);
                    // What came while the page hung may take it long to work through.
                    self.tabs[tab].busy_until = self.now + self.delay() * 48;
                } else if gap >= PULSE_MS / 2 {
                    self.tabs[tab].pulse = (self.now, in_time + 1);
                }
                let next = due + PULSE_MS * ((self.now - due) / PULSE_MS + 1);
                self.tabs[tab].inbox.push((next, mail));
                None
            }
            Mail::Event(event) => {
                if event == Event::Down {
                    self.tabs[tab].client = Client::Down;
                }
                Some(event)
            }
            Mail::Message(message, sent) => {
                Some(Event::Heard { message, late_ms: u32::try_from(self.now - sent).unwrap() })
            }
        }
    }

    /// What it is told of its timer.
    pub(super) fn ring(&mut self, tab: usize) -> Option<Event> {
        let (due, number, waited) = self.tabs[tab].timer.take().unwrap();
        if !waited && self.now - due > PROMPT_MS {
            self.tabs[tab].timer = Some((self.now + PROMPT_MS, number, true));
            return None;
        }
        Some(Event::TimedOut(number))
    }
}
