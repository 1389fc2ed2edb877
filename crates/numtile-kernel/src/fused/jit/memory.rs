//! Executable memory: written once, then made executable and never written again.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often the system has refused executable memory: after the first time everything is interpreted.
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// How often the system has refused executable memory.
pub fn refusals() -> u64 {
    REFUSED.load(Ordering::Relaxed)
}

/// Whether the system has refused executable memory.
pub fn is_refused() -> bool {
    refusals() > 0
}

/// Machine code that can be called.
#[derive(Debug)]
pub struct Executable {
    start: *mut u8,
    length: usize,
}

// SAFETY: the mapping is immutable from its construction to its end.
unsafe impl Send for Executable {}
// SAFETY: as above.
unsafe impl Sync for Executable {}

impl Executable {
    /// A mapping of its own for this code; `None` where the system does not allow it.
    #[allow(clippy::disallowed_methods, reason = "the one place that makes memory executable")]
    pub fn new(code: &[u8]) -> Option<Executable> {
        if is_refused() || code.is_empty() {
            return None;
        }
        // SAFETY: a fresh private mapping is written within its length before anybody else knows it, and loses the
        // permission to be written before it gets the one to be executed.
        unsafe {
            let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            let start = libc::mmap(std::ptr::null_mut(), code.len(), access, kind, -1, 0);
            if start == libc::MAP_FAILED {
                return None;
            }
            let mapping = Executable { start: start.cast(), length: code.len() };
            std::ptr::copy_nonoverlapping(code.as_ptr(), mapping.start, code.len());
            if libc::mprotect(start, code.len(), libc::PROT_READ | libc::PROT_EXEC) != 0 {
                REFUSED.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            Some(mapping)
        }
    }

    /// Bytes of code.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The first instruction.
    pub fn start(&self) -> *const u8 {
        self.start
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and whoever runs in it holds a reference to it.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}
