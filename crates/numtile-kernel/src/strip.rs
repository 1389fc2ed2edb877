//! A strip: the elements of one operand that one kernel call works on.

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// As anything else: whoever reads them next finds them in the caches.
    Cached,
    /// Past the caches, where they would only push out what is still needed: memory need not be read before it is
    /// overwritten. A hint; only machine code heeds it.
    PastCaches,
}

/// Elements of one operand: in native byte order, naturally aligned, contiguous; or one element that stands for all.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    /// The first element.
    pub start: *const u8,
    /// Whether the one element at `start` stands for all.
    pub uniform: bool,
}

impl Strip {
    /// An operand that is not there.
    pub const NONE: Strip = Strip { start: std::ptr::null(), uniform: true };

    /// A strip of contiguous elements.
    pub const fn contiguous(start: *const u8) -> Strip {
        Strip { start, uniform: false }
    }

    /// One element that stands for all.
    pub const fn uniform(start: *const u8) -> Strip {
        Strip { start, uniform: true }
    }
}
