//! Advice to the operating system about the page cache, so that streaming a file larger than memory does not push
//! everything else out of it. Advice never fails; elsewhere than on Linux it does nothing.

use std::fs::File;
use std::io;
use std::ops::Range;

use crate::machine;

/// True when a file of this size should not stay in the page cache: it would take more than half of the memory that
/// is left. Smaller files stay cached for the next reader.
pub(crate) fn too_large_to_keep(size: u64) -> bool {
    size > machine::available_memory() / 2
}

/// How many bytes at the beginning of a file of this size stay in the page cache for the next pass over it: all, or as many
/// as a quarter of the memory that is left. (Read again and again, a file that does not fit pushes itself out before it is
/// come back to; a part of it does not.)
pub(crate) fn kept_of(size: u64) -> u64 {
    if too_large_to_keep(size) { machine::available_memory() / 4 } else { size }
}

/// Drops clean pages of these bytes, as far as they lie behind those that are kept.
pub(crate) fn drop_behind(file: &File, kept: u64, range: &Range<u64>) {
    drop_pages(file, &(range.start.max(kept)..range.end.max(kept)));
}

/// Says that the file will mostly be read from front to back.
#[cfg(target_os = "linux")]
pub(crate) fn sequential(file: &File) {
    advise(file, &(0..0), libc::POSIX_FADV_SEQUENTIAL);
}

/// Drops clean pages of these bytes.
///
/// A page that the range enters in its middle goes too, because its first part belongs to a range that was dropped
/// before; a page that the range leaves in its middle stays for the next one.
#[cfg(target_os = "linux")]
pub(crate) fn drop_pages(file: &File, range: &Range<u64>) {
    let page = numtile_core::memory::PAGE as u64;
    // A length of zero would mean "to the end of the file".
    let whole = range.start / page * page..range.end;
    if !whole.is_empty() {
        advise(file, &whole, libc::POSIX_FADV_DONTNEED);
    }
}

#[cfg(target_os = "linux")]
fn advise(file: &File, range: &Range<u64>, advice: i32) {
    use std::os::fd::AsRawFd;
    let (start, length) = (range.start as i64, (range.end - range.start) as i64);
    // SAFETY: the descriptor is open for as long as `file` is borrowed. Failures of advice do not matter.
    unsafe { libc::posix_fadvise64(file.as_raw_fd(), start, length, advice) };
}

/// Starts writing dirty pages of these bytes to disk.
#[cfg(target_os = "linux")]
pub(crate) fn start_writing(file: &File, range: &Range<u64>) -> io::Result<()> {
    sync_range(file, range, libc::SYNC_FILE_RANGE_WRITE)
}

/// Writes dirty pages of these bytes to disk and waits for it.
#[cfg(target_os = "linux")]
pub(crate) fn wait_written(file: &File, range: &Range<u64>) -> io::Result<()> {
    let all = libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    sync_range(file, range, all)
}

/// Only a lost write is an error: the call reports it once, so that a later sync would not know of it.
#[cfg(target_os = "linux")]
fn sync_range(file: &File, range: &Range<u64>, flags: u32) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    if range.is_empty() {
        return Ok(());
    }
    let (start, length) = (range.start as i64, (range.end - range.start) as i64);
    // SAFETY: the descriptor is open for as long as `file` is borrowed.
    if unsafe { libc::sync_file_range(file.as_raw_fd(), start, length, flags) } == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if crate::file::is_lost_data(&error) { Err(error) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sequential(_file: &File) {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn drop_pages(_file: &File, _range: &Range<u64>) {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn start_writing(_file: &File, _range: &Range<u64>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn wait_written(_file: &File, _range: &Range<u64>) -> io::Result<()> {
    Ok(())
}
