//! A file that is written beside its target and takes the target's place when it is complete.
//!
//! Its name says to which process it belongs, and the process holds a lock on it while it lives, so that the next one
//! to write the same target can tell and remove what a dead one left behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use numtile_core::{Error, Result};

use crate::file::{self, File};
use crate::target::Target;

/// File names end at 255 bytes; the target's name is cut to leave room for the rest.
const MOST_OF_NAME: usize = 180;
/// Permission bits of a new file, before the umask.
const NEW_FILE: u32 = 0o666;

/// A file that vanishes unless it is published.
#[derive(Debug)]
pub(crate) struct Temporary {
    file: File,
    path: PathBuf,
    target: Target,
    /// A forked child holds a copy of this value but not the file behind it.
    process: u32,
    published: bool,
}

impl Temporary {
    /// Creates an empty file beside the target, with the target's permissions if it exists.
    pub(crate) fn create(target: Target) -> Result<Temporary> {
        let prefix = prefix(&target);
        remove_stale(&target.directory, &prefix);
        let mode = target.existing.as_ref().map_or(NEW_FILE, permission_bits);
        let (file, path) = create_beside(&target, &prefix, mode).map_err(|e| {
            Error::io(&target.name, &format!("cannot create a file in {}", target.directory.display()), &e)
        })?;
        let temporary = Temporary { file, path, target, process: std::process::id(), published: false };
        hold(temporary.file.handle());
        if let Some(existing) = &temporary.target.existing {
            adopt_owner_and_mode(temporary.file.handle(), existing)
                .map_err(|e| temporary.file.failed("cannot set permissions", &e))?;
        }
        Ok(temporary)
    }

    /// The file, which reports errors under the target's name.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Puts the file, which the caller has synced, in the target's place in one step.
    pub(crate) fn publish(mut self) -> Result<()> {
        fs::rename(&self.path, self.target.path())
            .map_err(|e| self.file.failed("cannot put the file in its place", &e))?;
        self.published = true;
        file::sync_directory(&self.target.directory, &self.target.name)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.published && self.process == std::process::id() {
            // Nothing more can be done when this fails; the next process to write the target tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// `.name.numtile-`: what the temporary files of one target start with.
fn prefix(target: &Target) -> String {
    let name = target.file_name.to_string_lossy();
    let end = (0..=MOST_OF_NAME.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!(".{}.numtile-", &name[..end])
}

fn create_beside(target: &Target, prefix: &str, mode: u32) -> io::Result<(File, PathBuf)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = target.directory.join(format!("{prefix}{}-{number}.tmp", std::process::id()));
        match File::create_new(&path, mode, &target.name) {
            Ok(file) => return Ok((file, path)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
}

/// Removes what dead processes left behind of the same target.
fn remove_stale(directory: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let owner = entry.file_name().to_str().and_then(|name| owner(name, prefix));
        if owner.is_some_and(is_dead) && is_abandoned(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process that a temporary file's name speaks of.
fn owner(name: &str, prefix: &str) -> Option<u32> {
    let (process, number) = name.strip_prefix(prefix)?.strip_suffix(".tmp")?.split_once('-')?;
    number.parse::<u64>().ok()?;
    process.parse().ok()
}

#[cfg(unix)]
fn permission_bits(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

/// The owner only where the operating system allows it, the mode always: nobody may read what he could not before.
#[cfg(unix)]
fn adopt_owner_and_mode(file: &fs::File, existing: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let created = file.metadata()?;
    if (created.uid(), created.gid()) != (existing.uid(), existing.gid()) {
        let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
    }
    file.set_permissions(fs::Permissions::from_mode(permission_bits(existing)))
}

/// Locks a file for as long as its process lives, where the file system has locks.
#[cfg(unix)]
fn hold(file: &fs::File) {
    let _ = lock(file);
}

#[cfg(unix)]
fn lock(file: &fs::File) -> bool {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open for as long as `file` is borrowed.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) == 0 }
}

#[cfg(unix)]
fn is_dead(process: u32) -> bool {
    let Ok(process) = libc::pid_t::try_from(process) else { return false };
    // SAFETY: signal 0 only asks whether the process exists.
    process > 0
        && unsafe { libc::kill(process, 0) } == -1
        && io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
}

/// True when nobody holds the file, not even a process of another machine or container whose number means nothing here.
#[cfg(unix)]
fn is_abandoned(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| lock(file.handle()))
}

#[cfg(not(unix))]
fn permission_bits(_metadata: &fs::Metadata) -> u32 {
    NEW_FILE
}

#[cfg(not(unix))]
fn adopt_owner_and_mode(_file: &fs::File, _existing: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn hold(_file: &fs::File) {}

/// Elsewhere than on Unix nothing is known about other processes, and their files are left alone.
#[cfg(not(unix))]
fn is_dead(_process: u32) -> bool {
    false
}

#[cfg(not(unix))]
fn is_abandoned(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_temporary_files() {
        assert_eq!(owner(".a.npy.numtile-12-3.tmp", ".a.npy.numtile-"), Some(12));
        assert_eq!(owner(".a.npy.numtile-12-3.tmp", ".b.npy.numtile-"), None);
        assert_eq!(owner(".a.npy.numtile-x-3.tmp", ".a.npy.numtile-"), None);
        assert_eq!(owner(".a.npy.numtile-12.tmp", ".a.npy.numtile-"), None);
    }

    #[test]
    fn who_is_dead() {
        assert!(!is_dead(std::process::id()));
        assert!(!is_dead(0));
        assert!(!is_dead(u32::MAX));
    }
}
