//! Sources that tell what is read from them, or get in the way.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use numtile_core::source::ReadBytes;
use numtile_core::{Access, DType, Error, Layout, Result, Source};

/// A source whose bytes are in memory but reached by reads, like a file's.
#[derive(Debug)]
pub struct ByteSource {
    bytes: Vec<u8>,
    dtype: DType,
    layout: Layout,
    swapped: bool,
    identity: u64,
}

impl ByteSource {
    /// A source of `bytes`, in which the elements lie as `layout` says.
    pub fn new(bytes: Vec<u8>, dtype: DType, layout: Layout) -> ByteSource {
        ByteSource { bytes, dtype, layout, swapped: false, identity: crate::next_identity() }
    }

    /// The same bytes, understood in the other byte order.
    #[must_use]
    pub fn swapped(mut self) -> ByteSource {
        self.swapped = self.dtype.align() > 1;
        self
    }
}

impl Source for ByteSource {
    fn name(&self) -> String {
        "bytes of a test".into()
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
        Access::Bytes(self)
    }

    fn verify(&self) -> Result<()> {
        Ok(())
    }
}

impl ReadBytes for ByteSource {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(into.len() as u64);
        let range = usize::try_from(offset).ok().zip(end.and_then(|end| usize::try_from(end).ok()));
        match range.and_then(|(start, end)| self.bytes.get(start..end)) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => return Err(Error::internal(format!("a read of {} bytes at {offset}", into.len()))),
        }
        Ok(())
    }

    fn done_with(&self, _offset: u64, _length: u64) {}
}

/// Everything of a source but its access goes to the one inside.
macro_rules! forwards_to_inner {
    ($wrapper:ty) => {
        impl Source for $wrapper {
            fn name(&self) -> String {
                self.inner.name()
            }
            fn identity(&self) -> u64 {
                self.inner.identity()
            }
            fn dtype(&self) -> DType {
                self.inner.dtype()
            }
            fn is_swapped(&self) -> bool {
                self.inner.is_swapped()
            }
            fn layout(&self) -> &Layout {
                self.inner.layout()
            }
            fn access(&self) -> Access<'_> {
                match self.inner.access() {
                    Access::Bytes(_) => Access::Bytes(self),
                    memory => memory,
                }
            }
            fn verify(&self) -> Result<()> {
                self.inner.verify()
            }
        }
    };
}
forwards_to_inner!(CountingSource);
forwards_to_inner!(SlowSource);
forwards_to_inner!(FailingSource);

fn read_inner(inner: &dyn Source, offset: u64, into: &mut [u8]) -> Result<()> {
    match inner.access() {
        Access::Bytes(bytes) => bytes.read_at(offset, into),
        Access::Memory(_) => Err(Error::internal("reading bytes of a source in memory")),
    }
}

fn done_with_inner(inner: &dyn Source, offset: u64, length: u64) {
    if let Access::Bytes(bytes) = inner.access() {
        bytes.done_with(offset, length);
    }
}

/// A source that remembers which bytes were read. Sources in memory are read without it.
#[derive(Debug)]
pub struct CountingSource {
    inner: Arc<dyn Source>,
    reads: Mutex<Vec<(u64, u64)>>,
    done: Mutex<Vec<(u64, u64)>>,
}

impl CountingSource {
    /// Watches over a source.
    pub fn new(inner: Arc<dyn Source>) -> CountingSource {
        CountingSource { inner, reads: Mutex::default(), done: Mutex::default() }
    }

    /// The reads so far, as (offset, length).
    pub fn reads(&self) -> Vec<(u64, u64)> {
        locked(&self.reads).clone()
    }

    /// What was said not to be needed again, as (offset, length).
    pub fn done(&self) -> Vec<(u64, u64)> {
        locked(&self.done).clone()
    }

    /// The bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        locked(&self.reads).iter().map(|&(_, length)| length).sum()
    }

    /// Forgets what was read.
    pub fn reset(&self) {
        locked(&self.reads).clear();
        locked(&self.done).clear();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReadBytes for CountingSource {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        locked(&self.reads).push((offset, into.len() as u64));
        read_inner(&*self.inner, offset, into)
    }

    fn done_with(&self, offset: u64, length: u64) {
        locked(&self.done).push((offset, length));
        done_with_inner(&*self.inner, offset, length);
    }
}

/// A source that takes its time over every read.
#[derive(Debug)]
pub struct SlowSource {
    inner: Arc<dyn Source>,
    delay: Duration,
}

impl SlowSource {
    /// Delays every read of a source.
    pub fn new(inner: Arc<dyn Source>, delay: Duration) -> SlowSource {
        SlowSource { inner, delay }
    }
}

impl ReadBytes for SlowSource {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        std::thread::sleep(self.delay);
        read_inner(&*self.inner, offset, into)
    }

    fn done_with(&self, offset: u64, length: u64) {
        done_with_inner(&*self.inner, offset, length);
    }
}

/// A source that breaks at one of its reads, and stays broken.
#[derive(Debug)]
pub struct FailingSource {
    inner: Arc<dyn Source>,
    good_reads: u64,
    reads: AtomicU64,
}

impl FailingSource {
    /// The first `good_reads` reads succeed.
    pub fn new(inner: Arc<dyn Source>, good_reads: u64) -> FailingSource {
        FailingSource { inner, good_reads, reads: AtomicU64::new(0) }
    }
}

impl ReadBytes for FailingSource {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        if self.reads.fetch_add(1, Ordering::Relaxed) >= self.good_reads {
            let message = "cannot read: the disk is broken (a test)".into();
            return Err(Error::Io { path: self.inner.name().into(), errno: Some(5), message });
        }
        read_inner(&*self.inner, offset, into)
    }

    fn done_with(&self, offset: u64, length: u64) {
        done_with_inner(&*self.inner, offset, length);
    }
}
