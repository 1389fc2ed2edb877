//! Scratch: files without names, which the operating system removes with the last handle, even after a crash.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use numtile_core::source::ReadBytes;
use numtile_core::{Access, DType, Error, Layout, Result, Scratch, Source, Spill};

use crate::file::{self, File};
use crate::machine::disk;
use crate::page_cache;
use crate::writeback::Writeback;

/// A directory for scratch files, and how much they may take together.
#[derive(Debug)]
pub struct ScratchDirectory {
    settings: Mutex<Settings>,
    used: AtomicU64,
}

#[derive(Clone, Debug)]
struct Settings {
    /// `None`: wherever there is room on a disk.
    directory: Option<PathBuf>,
    /// The most bytes that all files may take together.
    limit: u64,
}

impl ScratchDirectory {
    /// Scratch in the first directory for temporary files that lies on a disk, of as many bytes as that has.
    pub fn new() -> Arc<ScratchDirectory> {
        let settings = Settings { directory: None, limit: u64::MAX };
        Arc::new(ScratchDirectory { settings: Mutex::new(settings), used: AtomicU64::new(0) })
    }

    /// Changes where the next files go (an empty path stands for the default) and how much all may take (`u64::MAX` for as
    /// much as the disk has).
    pub fn configure(&self, directory: Option<&Path>, limit: Option<u64>) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = directory {
            settings.directory = Some(directory.to_path_buf()).filter(|path| !path.as_os_str().is_empty());
        }
        settings.limit = limit.unwrap_or(settings.limit);
    }

    /// Bytes that scratch files take now, and the most they may take.
    pub fn usage(&self) -> (u64, u64) {
        (self.used.load(Ordering::Relaxed), self.settings().limit)
    }

    /// The directory in use.
    ///
    /// # Errors
    /// `Io` when there is none on a disk.
    pub fn directory(&self) -> Result<PathBuf> {
        match self.settings().directory {
            Some(directory) => checked(directory),
            None => standard_directories().into_iter().find_map(|directory| checked(directory).ok()).ok_or_else(|| {
                refusal(&std::env::temp_dir(), "no directory for temporary files lies on a disk".to_string())
            }),
        }
    }

    fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Charges bytes against the limit.
    fn take(&self, bytes: u64, directory: &Path) -> Result<()> {
        let limit = self.settings().limit;
        let charge = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= limit);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, charge) {
            Ok(_) => Ok(()),
            Err(used) => Err(beyond_limit(directory, bytes, used, limit)),
        }
    }
}

impl Scratch for ScratchDirectory {
    fn check(&self, bytes: u64) -> Result<()> {
        let directory = self.directory()?;
        let free = disk::free_bytes(&directory);
        if bytes > free {
            return Err(refusal(
                &directory,
                format!("{bytes} bytes of scratch are needed, but the disk has only {free} left"),
            ));
        }
        let (used, limit) = self.usage();
        if bytes > limit.saturating_sub(used) { Err(beyond_limit(&directory, bytes, used, limit)) } else { Ok(()) }
    }

    fn place(self: Arc<Self>, shape: &[usize], dtype: DType) -> Arc<dyn Spill> {
        let layout = Layout::c_order(0, shape, dtype.size());
        let bytes = (layout.count() as u64).saturating_mul(dtype.size() as u64);
        let identity = crate::next_identity();
        Arc::new(ScratchFile { scratch: self, layout, dtype, bytes, identity, open: RwLock::default() })
    }
}

/// Directories for temporary files, best first.
fn standard_directories() -> Vec<PathBuf> {
    let mut found = vec![std::env::temp_dir()];
    if cfg!(unix) {
        found.push("/var/tmp".into());
    }
    found.extend(std::env::current_dir());
    found
}

/// Scratch in memory would only move what the budget forbids.
fn checked(directory: PathBuf) -> Result<PathBuf> {
    if disk::is_in_memory(&directory) {
        let message =
            "lies in memory (a RAM file system), which is what scratch is to save; name a directory on a disk";
        return Err(refusal(&directory, message.to_string()));
    }
    Ok(directory)
}

fn beyond_limit(directory: &Path, bytes: u64, used: u64, limit: u64) -> Error {
    let message =
        format!("{bytes} bytes of scratch are needed beside the {used} in use, but scratch_limit is {limit} bytes");
    refusal(directory, message)
}

/// An `OSError` about the scratch directory, with advice.
fn refusal(directory: &Path, message: String) -> Error {
    Error::Io {
        path: directory.into(),
        errno: file::errno_no_space(),
        message: format!("{message}. Set it with nt.config(scratch=..., scratch_limit=...) or raise the memory budget"),
    }
}

/// An array in scratch.
#[derive(Debug)]
struct ScratchFile {
    scratch: Arc<ScratchDirectory>,
    layout: Layout,
    dtype: DType,
    bytes: u64,
    identity: u64,
    open: RwLock<Option<OpenFile>>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    writeback: Writeback,
    kept: OnceLock<u64>,
}

impl ScratchFile {
    /// Calls `work` with the open file.
    fn with<T>(&self, work: impl FnOnce(&OpenFile) -> Result<T>) -> Result<T> {
        match self.open.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(open) => work(open),
            None => Err(Error::internal("a scratch file is used while it is closed")),
        }
    }
}

impl Spill for ScratchFile {
    fn open(&self) -> Result<()> {
        let directory = self.scratch.directory()?;
        self.scratch.take(self.bytes, &directory)?;
        let opened = File::create_nameless(&directory).and_then(|file| file.allocate(self.bytes).map(|()| file));
        match opened {
            Ok(file) => {
                let open = OpenFile { file, writeback: Writeback::new(self.bytes), kept: OnceLock::new() };
                *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(open);
                Ok(())
            }
            Err(error) => {
                self.scratch.used.fetch_sub(self.bytes, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.with(|open| {
            open.file.write_at(offset, bytes)?;
            let range = offset..offset.saturating_add(bytes.len() as u64);
            open.writeback.wrote(open.file.handle(), range).map_err(|e| open.file.failed("cannot write scratch", &e))
        })
    }

    fn close(&self) {
        if self.open.write().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            self.scratch.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        self.close();
    }
}

impl Source for ScratchFile {
    fn name(&self) -> String {
        "scratch".into()
    }

    fn identity(&self) -> u64 {
        self.identity
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn is_swapped(&self) -> bool {
        false
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn access(&self) -> Access<'_> {
        Access::Bytes(self)
    }

    /// Nobody else can reach a file without a name.
    fn verify(&self) -> Result<()> {
        Ok(())
    }
}

impl ReadBytes for ScratchFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.with(|open| open.file.read_at(offset, into))
    }

    fn done_with(&self, offset: u64, length: u64) {
        let _ = self.with(|open| {
            let kept = *open.kept.get_or_init(|| page_cache::kept_of(self.bytes));
            page_cache::drop_behind(open.file.handle(), kept, &(offset..offset.saturating_add(length)));
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TemporaryDirectory;

    fn scratch(limit: Option<u64>) -> (TemporaryDirectory, Arc<ScratchDirectory>) {
        let directory = TemporaryDirectory::new().unwrap();
        let scratch = ScratchDirectory::new();
        scratch.configure(Some(directory.path()), limit);
        (directory, scratch)
    }

    fn names(directory: &TemporaryDirectory) -> usize {
        std::fs::read_dir(directory.path()).unwrap().count()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_has_a_name() {
        let (directory, scratch) = scratch(None);
        let spill = scratch.clone().place(&[1000, 3], DType::F64);
        assert!(spill.write_at(0, &[0]).is_err(), "closed");
        spill.open().unwrap();
        assert_eq!(scratch.usage().0, 24_000);
        assert_eq!(names(&directory), 0);
        spill.write_at(23_000, &[7; 1000]).unwrap();
        let Access::Bytes(bytes) = spill.access() else { panic!("not a file") };
        let mut read = [0; 24_000];
        bytes.read_at(0, &mut read).unwrap();
        assert!(read[..23_000].iter().all(|&byte| byte == 0) && read[23_000..].iter().all(|&byte| byte == 7));
        drop(spill);
        assert_eq!(scratch.usage().0, 0);
    }

    #[test]
    fn the_limit_holds() {
        let (_directory, scratch) = scratch(Some(1000));
        let (first, second) = (scratch.clone().place(&[600], DType::U8), scratch.clone().place(&[600], DType::U8));
        assert!(scratch.check(1000).is_ok() && scratch.check(1001).is_err());
        first.open().unwrap();
        assert!(scratch.check(400).is_ok() && scratch.check(401).is_err());
        let refused = second.open().unwrap_err().to_string();
        assert!(refused.contains("600 bytes of scratch are needed beside the 600 in use"), "{refused}");
        first.close();
        second.open().unwrap();
    }

    #[test]
    fn memory_is_no_scratch() {
        let in_memory = Path::new("/dev/shm");
        if disk::is_in_memory(in_memory) {
            let scratch = ScratchDirectory::new();
            scratch.configure(Some(in_memory), None);
            let refused = scratch.clone().place(&[1], DType::U8).open().unwrap_err().to_string();
            assert!(refused.contains("lies in memory"), "{refused}");
        }
    }
}
