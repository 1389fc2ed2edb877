//! Where bytes live.
//!
//! Files and memory as sources, files as sinks, scratch between passes, and what the machine has. This is the only room that
//! opens files; the engine sees nothing of it but the traits `Source`, `Sink` and `Scratch` of the core.

pub mod machine;
pub mod memory;
pub mod open;
pub mod scratch;
pub mod sink;
pub mod testing;

mod file;
mod format;
mod linear;
mod page_cache;
mod target;
mod temporary;
mod writeback;

pub use memory::memory_source;
pub use open::{OpenOptions, Order, open};
pub use scratch::ScratchDirectory;
pub use sink::{create, finish_all};

/// A number unlike any other that this process was given: what tells one source from another.
pub(crate) fn next_identity() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
