//! Where results go, as the engine sees it.

use std::fmt;

use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::shape::Shape;

/// What a sink must hold.
#[derive(Clone, Debug)]
pub struct SinkSpec {
    /// Lengths of the axes.
    pub shape: Shape,
    /// The element type.
    pub dtype: DType,
}

/// A file being written. Nothing is visible under its final name before [`Sink::finish`]; dropping an unfinished sink
/// removes what was written.
pub trait Sink: Send + Sync + fmt::Debug {
    /// What the user calls it.
    fn name(&self) -> String;
    /// Where the elements go, in bytes from the start of the file.
    fn layout(&self) -> &Layout;
    /// Writes `bytes` at byte `offset`. Ranges written by different calls do not overlap; calls may run in parallel.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Syncs the data and makes the file appear under its name, in one step.
    fn finish(self: Box<Self>) -> Result<()>;
}
