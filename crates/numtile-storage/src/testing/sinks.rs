//! Sinks that keep what they get, or run out of room.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use numtile_core::{Error, Layout, Result, Sink, SinkSpec};

/// What became of a [`MemorySink`].
#[derive(Debug, Default)]
pub struct Written {
    bytes: Mutex<Vec<u8>>,
    finished: AtomicBool,
}

impl Written {
    /// The bytes so far; zero where nothing was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the sink was finished.
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Relaxed)
    }
}

/// A sink that keeps the bytes in memory, in C order without a header.
#[derive(Debug)]
pub struct MemorySink {
    layout: Layout,
    written: Arc<Written>,
}

impl MemorySink {
    /// A sink, and where to look at what it gets.
    pub fn new(spec: &SinkSpec) -> (MemorySink, Arc<Written>) {
        let item = spec.dtype.size();
        let layout = Layout::c_order(0, &spec.shape, item);
        let bytes = Mutex::new(vec![0; layout.count().saturating_mul(item)]);
        let written = Arc::new(Written { bytes, finished: AtomicBool::new(false) });
        (MemorySink { layout, written: written.clone() }, written)
    }
}

impl Sink for MemorySink {
    fn name(&self) -> String {
        "memory of a test".into()
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut all = self.written.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(offset).ok().and_then(|start| all.get_mut(start..)?.get_mut(..bytes.len()));
        match place {
            Some(place) => place.copy_from_slice(bytes),
            None => return Err(Error::internal(format!("a write of {} bytes at {offset}", bytes.len()))),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.written.finished.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// A sink on a disk that is full after some bytes.
#[derive(Debug)]
pub struct FailingSink {
    inner: Box<dyn Sink>,
    room: u64,
    used: AtomicU64,
}

impl FailingSink {
    /// Passes the first `room` bytes on.
    pub fn new(inner: Box<dyn Sink>, room: u64) -> FailingSink {
        FailingSink { inner, room, used: AtomicU64::new(0) }
    }
}

impl Sink for FailingSink {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn layout(&self) -> &Layout {
        self.inner.layout()
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let used = self.used.fetch_add(bytes.len() as u64, Ordering::Relaxed) + bytes.len() as u64;
        if used > self.room {
            let message = "cannot write: no space left on device (a test)".into();
            return Err(Error::Io { path: self.name().into(), errno: Some(libc::ENOSPC), message });
        }
        self.inner.write_at(offset, bytes)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.inner.finish()
    }
}
