//! Where data comes from, as the engine sees it.

use std::fmt;

use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;

/// An array that exists already, in memory or in a file.
///
/// A source is immutable in shape and type. Its bytes may change under us: memory is read live, and a file that
/// changed since it was opened is reported by [`Source::verify`].
pub trait Source: Send + Sync + fmt::Debug {
    /// What the user calls it, for plans and messages: a file name, or "numpy array".
    fn name(&self) -> String;
    /// A value unlike that of any other source of this process.
    fn identity(&self) -> u64;
    /// The element type.
    fn dtype(&self) -> DType;
    /// True when elements are stored in the other byte order than the machine's.
    fn is_swapped(&self) -> bool;
    /// Where the elements lie, relative to the start of what [`Source::access`] reaches.
    fn layout(&self) -> &Layout;
    /// How its bytes are reached.
    fn access(&self) -> Access<'_>;
    /// Fails with `SourceChanged` when the bytes are no longer those that were opened. Called before the first read
    /// and after the last one of an evaluation.
    fn verify(&self) -> Result<()>;
}

/// How the bytes of a source are reached.
pub enum Access<'a> {
    /// In memory: byte 0 of the layout is at this address. Others may write there meanwhile, so it is only ever read
    /// through raw pointers.
    Memory(*const u8),
    /// By positional reads.
    Bytes(&'a dyn ReadBytes),
}

/// Positional reads from a file or something like it.
pub trait ReadBytes: Send + Sync {
    /// Fills `into` from byte `offset` on; an early end of the file is an error.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()>;
    /// Says that the evaluation will not read these bytes again, so that they need not stay in the page cache.
    fn done_with(&self, offset: u64, length: u64);
}
