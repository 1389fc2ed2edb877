//! Where values go that do not fit in memory between passes, as the engine sees it.

use std::fmt;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::Result;
use crate::source::Source;

/// Room on a disk.
pub trait Scratch: Send + Sync + fmt::Debug {
    /// Whether there is room for so many bytes now.
    ///
    /// # Errors
    /// `Io` naming the directory when there is not.
    fn check(&self, bytes: u64) -> Result<()>;
    /// A place for an array, which takes no room before it is opened.
    fn place(self: Arc<Self>, shape: &[usize], dtype: DType) -> Arc<dyn Spill>;
}

/// An array on its way through scratch: written in one pass, read as a source in later ones. It lies in C order from byte
/// zero. Nothing of it is left when the value is dropped or its process ends, however that comes.
pub trait Spill: Source {
    /// Takes the room. Fails, before anything is written, when there is too little.
    ///
    /// # Errors
    /// `Io` naming the directory.
    fn open(&self) -> Result<()>;
    /// Writes `bytes` at byte `offset`. Ranges written by different calls do not overlap; calls may run in parallel.
    ///
    /// # Errors
    /// `Io` naming the directory.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Gives the room back.
    fn close(&self);
}
