//! Arrays in memory that somebody else owns, as sources.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use numtile_core::{Access, DType, Layout, Result, Source};

/// An array in memory.
struct MemorySource {
    start: *const u8,
    layout: Layout,
    dtype: DType,
    swapped: bool,
    name: Cow<'static, str>,
    identity: u64,
    /// Owns the memory; dropped with the source.
    _keep_alive: Box<dyn Any + Send + Sync>,
}

// SAFETY: the pointer is only ever handed out, and whoever made the source promised that the memory may be read from
// any thread for as long as the source lives.
unsafe impl Send for MemorySource {}
// SAFETY: as above; the source itself never changes.
unsafe impl Sync for MemorySource {}

/// A source that reads memory where it is, without copying it.
///
/// Byte 0 of `layout` is at `start`; with negative strides the layout's offset says where the first element is.
/// `swapped` says that elements are in the other byte order than the machine's. `name` is what messages call it.
///
/// # Safety
/// For as long as `keep_alive` exists, every byte that `layout` reaches for elements of `dtype` must be mapped and
/// readable from any thread. The bytes may be written by others meanwhile: readers use raw pointers only and get
/// either value.
pub unsafe fn memory_source(
    start: *const u8,
    layout: Layout,
    dtype: DType,
    swapped: bool,
    keep_alive: Box<dyn Any + Send + Sync>,
    name: impl Into<Cow<'static, str>>,
) -> Arc<dyn Source> {
    Arc::new(MemorySource {
        start,
        layout,
        dtype,
        swapped: swapped && dtype.align() > 1,
        name: name.into(),
        identity: crate::next_identity(),
        _keep_alive: keep_alive,
    })
}

impl fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySource")
            .field("name", &self.name)
            .field("dtype", &self.dtype)
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

impl Source for MemorySource {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn identity(&self) -> u64 {
        self.identity
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn is_swapped(&self) -> bool {
        self.swapped
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn access(&self) -> Access<'_> {
        Access::Memory(self.start)
    }

    /// Memory is read live and cannot change in a way that matters.
    fn verify(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_lives_as_long_as_its_source() {
        let owner: Arc<[u16]> = Arc::from([1u16, 2, 3].as_slice());
        let start = owner.as_ptr().cast();
        // SAFETY: the Arc keeps the three elements where they are.
        let source = unsafe {
            memory_source(start, Layout::c_order(0, &[3], 2), DType::U16, false, Box::new(owner.clone()), "three")
        };
        assert_eq!(Arc::strong_count(&owner), 2);
        let Access::Memory(address) = source.access() else { panic!("memory") };
        assert_eq!(address, start);
        assert!(source.verify().is_ok());
        drop(source);
        assert_eq!(Arc::strong_count(&owner), 1);
    }
}
