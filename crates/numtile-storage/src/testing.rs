//! Sources and sinks for tests: such as count, dawdle or fail.

mod sinks;
mod sources;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub use sinks::{FailingSink, MemorySink, Written};
pub use sources::{ByteSource, CountingSource, FailingSource, SlowSource};

/// A directory that vanishes with this value.
#[derive(Debug)]
pub struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// A fresh, empty directory.
    ///
    /// # Errors
    /// When the operating system refuses it.
    pub fn new() -> io::Result<TemporaryDirectory> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("numtile-test-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(TemporaryDirectory(path)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path inside it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file inside it, with the directories it needs; its path.
    ///
    /// # Errors
    /// When the operating system refuses it.
    #[expect(clippy::disallowed_methods, reason = "files for tests are written without ceremony")]
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    /// The bytes of a file inside it.
    ///
    /// # Errors
    /// When the operating system refuses it.
    #[expect(clippy::disallowed_methods, reason = "files of tests are read without ceremony")]
    pub fn read(&self, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        std::fs::read(self.join(name))
    }

    /// The names of what is inside it, sorted.
    ///
    /// # Errors
    /// When the operating system refuses it.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.0)?;
        let mut names: Vec<String> =
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()?;
        names.sort();
        Ok(names)
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
