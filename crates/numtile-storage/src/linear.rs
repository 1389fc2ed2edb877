//! A file whose elements lie at regular distances: `.npy` and raw files.

use std::path::PathBuf;
use std::sync::OnceLock;

use numtile_core::source::ReadBytes;
use numtile_core::{Access, DType, Error, Layout, Result, Source};

use crate::file::{self, File, Identity};
use crate::format::Stored;
use crate::page_cache;

/// An array in an open file.
#[derive(Debug)]
pub(crate) struct LinearFile {
    file: File,
    /// Where the file is looked for again, whatever becomes of the working directory.
    path: PathBuf,
    stored: Stored,
    opened: Identity,
    identity: u64,
    /// Bytes from the beginning whose pages stay in the page cache; found out when it matters first.
    kept: OnceLock<u64>,
}

impl LinearFile {
    /// The array that was found in the file.
    pub(crate) fn new(file: File, stored: Stored) -> Result<LinearFile> {
        let path = std::path::absolute(file.name()).unwrap_or_else(|_| file.name().into());
        let opened = file.identity()?;
        page_cache::sequential(file.handle());
        Ok(LinearFile { file, path, stored, opened, identity: crate::next_identity(), kept: OnceLock::new() })
    }

    fn changed(&self, message: String) -> Error {
        Error::SourceChanged { path: self.file.name().into(), message }
    }
}

impl Source for LinearFile {
    fn name(&self) -> String {
        self.file.name().display().to_string()
    }

    fn identity(&self) -> u64 {
        self.identity
    }

    fn dtype(&self) -> DType {
        self.stored.dtype
    }

    fn is_swapped(&self) -> bool {
        self.stored.swapped
    }

    fn layout(&self) -> &Layout {
        &self.stored.layout
    }

    fn access(&self) -> Access<'_> {
        Access::Bytes(self)
    }

    /// The open file must be as it was, and its name must not lead to another one. A file that lost its name keeps
    /// its bytes for as long as it is open, so that is no change.
    fn verify(&self) -> Result<()> {
        let held = self.opened.difference(&self.file.identity()?);
        let named = || file::identity_of(&self.path).and_then(|named| self.opened.difference(&named));
        held.or_else(named).map_or(Ok(()), |message| Err(self.changed(message)))
    }
}

impl ReadBytes for LinearFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.file.read_at(offset, into)
    }

    fn done_with(&self, offset: u64, length: u64) {
        let kept = *self.kept.get_or_init(|| page_cache::kept_of(self.opened.size));
        page_cache::drop_behind(self.file.handle(), kept, &(offset..offset.saturating_add(length)));
    }
}
