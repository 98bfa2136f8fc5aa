//! How many bytes the searches look at, counted in builds with debug assertions: by it, tests and fuzzers see that the
//! work on a line grows with its length, and no faster. A release build counts nothing.

#[cfg(all(debug_assertions, feature = "diagnosis"))]
mod counter {
    use std::cell::Cell;

    std::thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    pub(crate) fn note(steps: usize) {
        STEPS.set(STEPS.get() + steps as u64);
    }

    /// Those of `work`, on this thread.
    pub fn steps_of(work: impl FnOnce()) -> u64 {
        let before = STEPS.get();
        work();
        STEPS.get() - before
    }
}

#[cfg(all(debug_assertions, feature = "diagnosis"))]
pub(crate) use counter::note;
#[cfg(all(debug_assertions, feature = "diagnosis"))]
pub use counter::steps_of;

#[cfg(not(all(debug_assertions, feature = "diagnosis")))]
pub(crate) fn note(_: usize) {}
