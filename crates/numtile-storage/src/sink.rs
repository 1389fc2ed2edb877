//! Writing `.npy` files that appear under their name only when they are complete.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use numtile_core::{Error, Layout, Result, Sink, SinkSpec};

use crate::format::{data_bytes, npy};
use crate::target::Target;
use crate::temporary::Temporary;
use crate::writeback::Writeback;

/// A `.npy` file being written.
#[derive(Debug)]
struct NpySink {
    temporary: Temporary,
    layout: Layout,
    /// Bytes of the header, and of the whole file.
    start: u64,
    end: u64,
    written: AtomicU64,
    writeback: Writeback,
}

/// Makes a sink for a `.npy` file in C order. Whatever can be known to fail is refused here, before any work: a target
/// that cannot be written, a missing directory, a full disk.
///
/// The file is written beside the target, with the permissions of a file that is there already. A target that is a
/// symbolic link stays one, and the file behind it is replaced.
///
/// # Errors
/// [`Error::Io`] naming the target.
pub fn create(path: impl AsRef<Path>, spec: &SinkSpec) -> Result<Box<dyn Sink>> {
    let path = path.as_ref();
    let data = data_bytes(&spec.shape, spec.dtype).map_err(|refusal| refusal.about(path))?;
    let header = npy::write(spec.dtype, &spec.shape);
    let start = header.len() as u64;
    let temporary = Temporary::create(Target::find(path)?)?;
    temporary.file().allocate(start + data)?;
    temporary.file().write_at(0, &header)?;
    Ok(Box::new(NpySink {
        temporary,
        layout: Layout::c_order(header.len() as i64, &spec.shape, spec.dtype.size()),
        start,
        end: start + data,
        written: AtomicU64::new(0),
        writeback: Writeback::new(start + data),
    }))
}

/// Finishes several sinks one after the other. When one fails, those after it are dropped unfinished.
///
/// # Errors
/// The first sink's that fails.
pub fn finish_all(sinks: impl IntoIterator<Item = Box<dyn Sink>>) -> Result<()> {
    sinks.into_iter().try_for_each(|sink| sink.finish())
}

impl Sink for NpySink {
    fn name(&self) -> String {
        self.temporary.file().name().display().to_string()
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let range = offset..offset.saturating_add(bytes.len() as u64);
        if range.start < self.start || range.end > self.end {
            return Err(Error::internal(format!(
                "a write of bytes {range:?} into the data at {}..{} of {}",
                self.start,
                self.end,
                self.name()
            )));
        }
        let file = self.temporary.file();
        file.write_at(offset, bytes)?;
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.writeback.wrote(file.handle(), range).map_err(|e| file.failed("cannot write", &e))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let (written, data) = (self.written.load(Ordering::Relaxed), self.end - self.start);
        if written < data {
            return Err(Error::internal(format!("only {written} of {data} bytes of {} were written", self.name())));
        }
        let NpySink { temporary, writeback, end, .. } = *self;
        temporary.file().sync()?;
        writeback.synced(temporary.file().handle(), end);
        temporary.publish()
    }
}
