//! The only place that opens files.
//!
//! A [`File`] reads and writes at positions, so that threads can share it, and reports failures under the name that
//! the user gave. What differs between operating systems is in the small `cfg` functions at the end.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use numtile_core::error::{Error, Result};

/// An open regular file.
#[derive(Debug)]
pub(crate) struct File {
    handle: fs::File,
    /// What the user calls it; for a temporary file, the target's name.
    name: PathBuf,
}

/// What tells whether a file is still the one that was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
}

impl Identity {
    /// What became of the file in words, if it is no longer the same.
    pub(crate) fn difference(&self, now: &Identity) -> Option<String> {
        let (old, new) = (self.size, now.size);
        if (self.device, self.inode) != (now.device, now.inode) {
            Some("was replaced by another file since it was opened; open it again".into())
        } else if new < old {
            Some(format!("was truncated from {old} to {new} bytes since it was opened; open it again"))
        } else if new > old {
            Some(format!("grew from {old} to {new} bytes since it was opened; open it again"))
        } else if self.modified != now.modified {
            Some("was modified since it was opened; open it again".into())
        } else {
            None
        }
    }
}

impl File {
    /// Opens a regular file for reading.
    pub(crate) fn open(path: &Path) -> Result<File> {
        let handle = open_for_reading(path).map_err(|e| Error::io(path, "cannot open", &e))?;
        let file = File { handle, name: path.into() };
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(is_a_directory(path));
        }
        if !metadata.is_file() {
            return Err(not_a_regular_file(path));
        }
        Ok(file)
    }

    /// Creates a file that does not exist yet, for writing. `mode` holds the permission bits before the umask.
    pub(crate) fn create_new(path: &Path, mode: u32, name: &Path) -> io::Result<File> {
        Ok(File { handle: open_new(path, mode)?, name: name.into() })
    }

    /// Creates a file without a name in a directory, for reading and writing: it is gone with its last handle, however the
    /// process ends.
    pub(crate) fn create_nameless(directory: &Path) -> Result<File> {
        let handle = open_nameless(directory).map_err(|e| Error::io(directory, "cannot create a scratch file", &e))?;
        Ok(File { handle, name: directory.into() })
    }

    /// What the user calls it.
    pub(crate) fn name(&self) -> &Path {
        &self.name
    }

    /// The handle, for advice to the operating system.
    pub(crate) fn handle(&self) -> &fs::File {
        &self.handle
    }

    fn metadata(&self) -> Result<Metadata> {
        self.handle.metadata().map_err(|e| self.failed("cannot stat", &e))
    }

    /// The identity of what is open.
    pub(crate) fn identity(&self) -> Result<Identity> {
        Ok(identity(&self.metadata()?))
    }

    /// An `OSError` about this file.
    pub(crate) fn failed(&self, doing: &str, error: &io::Error) -> Error {
        Error::io(&self.name, doing, error)
    }

    /// Reads from byte `offset` on until `into` is full or the file ends; the number of bytes read.
    pub(crate) fn read_up_to(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match read_some(&self.handle, &mut into[done..], offset.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed("cannot read", &e)),
            }
        }
        Ok(done)
    }

    /// Fills `into` from byte `offset` on. The caller knows that the bytes were there when the file was opened, so an
    /// early end means that somebody cut it.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let done = self.read_up_to(offset, into)?;
        if done == into.len() {
            return Ok(());
        }
        let message = format!(
            "was truncated while it was read: it ends at byte {}, {} bytes before the end of what was there when it was \
             opened; open it again",
            offset.saturating_add(done as u64),
            into.len() - done
        );
        Err(Error::SourceChanged { path: self.name.clone(), message })
    }

    /// Writes all of `bytes` at byte `offset`.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match write_some(&self.handle, &bytes[done..], offset.saturating_add(done as u64)) {
                Ok(0) => return Err(self.failed("cannot write", &io::ErrorKind::WriteZero.into())),
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed("cannot write", &e)),
            }
        }
        Ok(())
    }

    /// Gives the file its final length, with disk space behind it where the file system can promise that.
    pub(crate) fn allocate(&self, length: u64) -> Result<()> {
        preallocate(&self.handle, length)
            .and_then(|()| self.handle.set_len(length))
            .map_err(|e| self.failed(&format!("cannot make room for {length} bytes"), &e))
    }

    /// Waits until the data are on stable storage.
    pub(crate) fn sync(&self) -> Result<()> {
        self.handle.sync_data().map_err(|e| self.failed("cannot sync", &e))
    }
}

/// The identity of what a path leads to; `None` when there is nothing or it cannot be seen.
pub(crate) fn identity_of(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|metadata| identity(&metadata))
}

/// The text of a small file such as those of `/proc`; `None` when there is none. At most `limit` bytes of it.
pub(crate) fn read_small(path: &Path, limit: usize) -> Option<String> {
    /// Most are no longer.
    const FIRST: usize = 4096;
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        bytes.resize((2 * before).max(FIRST).min(limit), 0);
        let more = file.read_up_to(before as u64, &mut bytes[before..]).ok()?;
        let is_whole = before + more < bytes.len() || bytes.len() == limit;
        bytes.truncate(before + more);
        if is_whole {
            return Some(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// Makes a rename inside this directory durable. Directories that cannot be opened or synced are left alone: the
/// rename has happened, and there is nothing more to do for it.
pub(crate) fn sync_directory(directory: &Path, name: &Path) -> Result<()> {
    match open_directory(directory).map(|handle| handle.sync_all()) {
        Ok(Err(e)) if is_lost_data(&e) => Err(Error::io(name, "cannot sync the directory", &e)),
        _ => Ok(()),
    }
}

/// True for the errors that mean that data did not reach the disk.
#[cfg(unix)]
pub(crate) fn is_lost_data(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::ENOSPC | libc::EDQUOT))
}

#[cfg(not(unix))]
pub(crate) fn is_lost_data(_error: &io::Error) -> bool {
    false
}

/// The error for a directory where a file should be.
pub(crate) fn is_a_directory(path: &Path) -> Error {
    Error::Io { path: path.into(), errno: errno_is_a_directory(), message: "is a directory, not a file".into() }
}

/// The error for a pipe, device or socket where a file should be.
pub(crate) fn not_a_regular_file(path: &Path) -> Error {
    let message = "is not a regular file; pipes and devices cannot be read or written at positions".into();
    Error::Io { path: path.into(), errno: errno_not_seekable(), message }
}

/// The number of the error for a full disk.
#[cfg(unix)]
pub(crate) fn errno_no_space() -> Option<i32> {
    Some(libc::ENOSPC)
}

#[cfg(not(unix))]
pub(crate) fn errno_no_space() -> Option<i32> {
    None
}

#[cfg(unix)]
fn errno_is_a_directory() -> Option<i32> {
    Some(libc::EISDIR)
}

#[cfg(unix)]
fn errno_not_seekable() -> Option<i32> {
    Some(libc::ESPIPE)
}

#[cfg(not(unix))]
fn errno_is_a_directory() -> Option<i32> {
    None
}

#[cfg(not(unix))]
fn errno_not_seekable() -> Option<i32> {
    None
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_for_reading(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Non-blocking, so that a pipe nobody writes to is refused instead of waited for; regular files ignore it.
    fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_new(path: &Path, mode: u32) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// A name that no file of this directory has: this process, and a number.
fn unused_name(directory: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    directory.join(format!(".numtile-{}-{}.scratch", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Linux makes files without names; where its file system cannot, the name is taken away at once.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_nameless(directory: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let nameless =
        fs::OpenOptions::new().read(true).write(true).custom_flags(libc::O_TMPFILE).mode(0o600).open(directory);
    match nameless {
        Err(e) if matches!(e.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)) => {
            open_and_unlink(directory)
        }
        other => other,
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn open_nameless(directory: &Path) -> io::Result<fs::File> {
    open_and_unlink(directory)
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_and_unlink(directory: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = unused_name(directory);
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path).map(|()| file)
}

/// Windows removes such files with their last handle.
#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_nameless(directory: &Path) -> io::Result<fs::File> {
    use std::os::windows::fs::OpenOptionsExt;
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    let path = unused_name(directory);
    fs::OpenOptions::new().read(true).write(true).create_new(true).custom_flags(DELETE_ON_CLOSE).open(path)
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_directory(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    }
}

#[cfg(unix)]
fn read_some(handle: &fs::File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(handle, into, offset)
}

#[cfg(unix)]
fn write_some(handle: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(handle, bytes, offset)
}

/// Asks for disk space. File systems that cannot promise it are no error: they report a full disk while writing.
/// (Not `posix_fallocate`, which would write zeros there.)
#[cfg(target_os = "linux")]
fn preallocate(handle: &fs::File, length: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let length = i64::try_from(length).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    loop {
        // SAFETY: the descriptor is open for as long as `handle` is borrowed.
        if unsafe { libc::fallocate64(handle.as_raw_fd(), 0, 0, length) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG | libc::EIO) => return Err(error),
            _ => return Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn preallocate(_handle: &fs::File, _length: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_for_reading(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "this module is where files are opened")]
fn open_new(path: &Path, _mode: u32) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

/// Windows does not sync directories.
#[cfg(windows)]
fn open_directory(_path: &Path) -> io::Result<fs::File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The stable part of what Windows tells: size and time; a file replaced by an equal one goes unnoticed.
#[cfg(windows)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::windows::fs::MetadataExt;
    let modified = (metadata.last_write_time() as i64, 0);
    Identity { device: 0, inode: 0, size: metadata.file_size(), modified }
}

#[cfg(windows)]
fn read_some(handle: &fs::File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(handle, into, offset)
}

#[cfg(windows)]
fn write_some(handle: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(handle, bytes, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TemporaryDirectory;

    #[test]
    fn small_files_are_read_whole_up_to_a_limit() {
        let directory = TemporaryDirectory::new().unwrap();
        for length in [0, 1, 4095, 4096, 4097, 8192, 20_000] {
            let path = directory.write("text", &vec![b'x'; length]).unwrap();
            for limit in [64, 4096, 10_000, 1 << 20] {
                let text = read_small(&path, limit).unwrap();
                assert_eq!(text.len(), length.min(limit), "{length} bytes, at most {limit}");
            }
        }
        assert_eq!(read_small(&directory.join("none"), 64), None);
    }
}
