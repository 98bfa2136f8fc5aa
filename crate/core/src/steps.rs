//! Counts the bytes that searches read, in builds with debug assertions. Tests and fuzzers use this to check that the
//! work on a line is linear in its length. A release build counts nothing.

#[cfg(debug_assertions)]
mod counter {
    use std::cell::Cell;

    std::thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(crate) fn note(steps: usize) {
        STEPS.set(STEPS.get() + steps as u64);
    }

    /// The steps of `work`, on this thread.
    pub fn steps_of(work: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        work();
        STEPS.get() - before
    }
}

#[cfg(debug_assertions)]
pub(crate) use counter::note;
#[cfg(debug_assertions)]
pub use counter::steps_of;

#[cfg(not(debug_assertions))]
pub(crate) fn note(_: usize) {}
