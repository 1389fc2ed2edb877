//! The file that a sink will replace or create: found and checked before any work is done.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use numtile_core::{Error, Result};

use crate::file;

/// As many links are followed as Linux follows.
const MOST_LINKS: usize = 40;

/// Where a sink's file will appear.
#[derive(Debug)]
pub(crate) struct Target {
    /// What the user calls it.
    pub(crate) name: PathBuf,
    /// The directory of the real file, behind all links.
    pub(crate) directory: PathBuf,
    /// Its name there.
    pub(crate) file_name: OsString,
    /// The file that is there already.
    pub(crate) existing: Option<Metadata>,
}

impl Target {
    /// Finds the real file behind `name` and refuses what cannot be replaced.
    pub(crate) fn find(name: &Path) -> Result<Target> {
        let failed = |e: io::Error| Error::io(name, "cannot write", &e);
        let real = follow_links(std::path::absolute(name).map_err(failed)?).map_err(failed)?;
        let existing = match fs::metadata(&real) {
            Ok(metadata) => Some(metadata),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(failed(e)),
        };
        let ends_as_directory = name.as_os_str().as_encoded_bytes().ends_with(std::path::MAIN_SEPARATOR_STR.as_bytes());
        match &existing {
            Some(metadata) if metadata.is_dir() => return Err(file::is_a_directory(name)),
            Some(metadata) if !metadata.is_file() => return Err(file::not_a_regular_file(name)),
            Some(_) => check_writable(&real).map_err(failed)?,
            None if ends_as_directory => return Err(file::is_a_directory(name)),
            None => {}
        }
        let (Some(directory), Some(file_name)) = (real.parent(), real.file_name()) else {
            return Err(file::is_a_directory(name));
        };
        Ok(Target { name: name.into(), directory: directory.into(), file_name: file_name.into(), existing })
    }

    /// The real file.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.join(&self.file_name)
    }
}

/// The path behind symbolic links, of which the last may lead to a file that does not exist yet.
fn follow_links(mut path: PathBuf) -> io::Result<PathBuf> {
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let link = fs::read_link(&path)?;
                path = path.parent().map_or_else(|| link.clone(), |parent| parent.join(&link));
            }
            _ => return Ok(path),
        }
    }
    // The operating system's own error for a loop.
    fs::metadata(&path).map(|_| path)
}

/// Replacing a file needs no permission on it; a user who made it read-only still means that it should stay.
#[cfg(unix)]
fn check_writable(path: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the string ends with a zero byte and outlives the call.
    match unsafe { libc::access(path.as_ptr(), libc::W_OK) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(unix))]
fn check_writable(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.permissions().readonly() {
        true => Err(io::ErrorKind::PermissionDenied.into()),
        false => Ok(()),
    }
}
