//! Evaluations inside functions of the user's.
//!
//! A function that an evaluation calls may ask for another one. That runs on the function's thread from beginning to end,
//! in what is free of the budget: the threads may all be busy with such functions, and what the evaluation around holds
//! is not given back before the function returns, so waiting for either would never end.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// For each function that runs on this thread, the innermost last: set when the evaluation that called it should stop.
    static AROUND: RefCell<Vec<Arc<AtomicBool>>> = const { RefCell::new(Vec::new()) };
}

/// What helps where an evaluation inside a function finds too little memory.
pub const ADVICE: &str = "The evaluation that called this function holds the rest. Compute what the function needs \
                          beforehand, or raise the budget with nt.config(memory=...)";

/// Runs a function of the user's for an evaluation that stops when `stop` is set.
pub fn call<T>(stop: &Arc<AtomicBool>, function: impl FnOnce() -> T) -> T {
    /// Leaves the function, also when it panics.
    struct Left;
    impl Drop for Left {
        fn drop(&mut self) {
            AROUND.with_borrow_mut(|around| around.pop());
        }
    }
    AROUND.with_borrow_mut(|around| around.push(stop.clone()));
    let _left = Left;
    function()
}

/// True inside a function that an evaluation calls.
pub fn is_inside() -> bool {
    AROUND.with_borrow(|around| !around.is_empty())
}

/// True when an evaluation around this one should stop.
pub fn is_stopped() -> bool {
    AROUND.with_borrow(|around| around.iter().any(|stop| stop.load(Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_within_functions() {
        let (outer, inner) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        assert!(!is_inside());
        call(&outer, || {
            call(&inner, || assert!(is_inside() && !is_stopped()));
            outer.store(true, Ordering::Relaxed);
            call(&inner, || assert!(is_stopped()));
            assert!(is_inside());
        });
        assert!(!is_inside() && !is_stopped());
        assert!(std::panic::catch_unwind(|| call(&Arc::default(), || panic!("ours"))).is_err());
        assert!(!is_inside());
    }
}
