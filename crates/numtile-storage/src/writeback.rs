//! Keeps dirty pages few while a large file is written.
//!
//! Each time a window's worth of bytes was written, writing it to disk is started; when the file is too large to stay
//! in the page cache, the window before it is waited for and dropped. A window is remembered as the range that covers
//! its writes: pages between them are either clean, and may go, or dirty, and are written a little earlier. Scattered writes,
//! as of a transpose, are left to the operating system.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::page_cache;

/// Bytes written before the disk is set to work.
const WINDOW: u64 = 16 << 20;

/// Windows whose writes cover so many times their bytes are left to the operating system: to write and drop all pages
/// between them would be to write those that are filled in part, and to read them again for the rest.
const SPARSE: u64 = 4;

/// The state of the windows of one file.
#[derive(Debug)]
pub(crate) struct Writeback {
    /// Whether written pages are dropped from the page cache.
    drops: bool,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    /// Bytes written since writing to disk was last started, and the range that covers them.
    pending: u64,
    cover: Option<Range<u64>>,
    /// The window being written to disk.
    started: Option<Range<u64>>,
}

impl Windows {
    /// Adds a write; the window to start and the one to wait for, when a window is full.
    fn add(&mut self, range: Range<u64>) -> Option<(Range<u64>, Option<Range<u64>>)> {
        self.pending += range.end - range.start;
        let cover = match self.cover.take() {
            Some(cover) => cover.start.min(range.start)..cover.end.max(range.end),
            None => range,
        };
        if self.pending < WINDOW {
            self.cover = Some(cover);
            return None;
        }
        self.pending = 0;
        if cover.end - cover.start > SPARSE * WINDOW {
            return None;
        }
        let older = self.started.replace(cover.clone());
        Some((cover, older))
    }
}

impl Writeback {
    /// For a file of this final size.
    pub(crate) fn new(size: u64) -> Writeback {
        Writeback { drops: page_cache::too_large_to_keep(size), windows: Mutex::default() }
    }

    /// To be called after each write.
    pub(crate) fn wrote(&self, file: &File, range: Range<u64>) -> io::Result<()> {
        let full = self.windows.lock().unwrap_or_else(PoisonError::into_inner).add(range);
        let Some((window, older)) = full else { return Ok(()) };
        page_cache::start_writing(file, &window)?;
        match older.filter(|_| self.drops) {
            Some(older) => {
                page_cache::wait_written(file, &older)?;
                page_cache::drop_pages(file, &older);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// To be called when all `size` bytes are synced.
    pub(crate) fn synced(&self, file: &File, size: u64) {
        if self.drops {
            page_cache::drop_pages(file, &(0..size));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_window_starts_and_the_one_before_is_waited_for() {
        let mut windows = Windows::default();
        assert_eq!(windows.add(WINDOW / 2..WINDOW), None);
        assert_eq!(windows.add(0..WINDOW / 2), Some((0..WINDOW, None)));
        assert_eq!(windows.add(WINDOW..2 * WINDOW), Some((WINDOW..2 * WINDOW, Some(0..WINDOW))));
    }

    #[test]
    fn windows_of_scattered_writes_are_left_alone() {
        let mut windows = Windows::default();
        assert_eq!(windows.add(0..WINDOW / 2), None);
        assert_eq!(windows.add(100 * WINDOW..101 * WINDOW), None);
        assert_eq!(windows.add(7 * WINDOW..8 * WINDOW), Some((7 * WINDOW..8 * WINDOW, None)), "a new window");
    }

    #[test]
    fn dropped_windows_are_on_disk() {
        let directory = crate::testing::TemporaryDirectory::new().unwrap();
        let path = directory.join("x");
        let file = crate::file::File::create_new(&path, 0o600, &path).unwrap();
        let writeback = Writeback { drops: true, windows: Mutex::default() };
        let piece: Vec<u8> = (0..3 << 20).map(|n: u32| (n % 253) as u8).collect();
        for n in 0..16 {
            let start = n * piece.len() as u64;
            file.write_at(start, &piece).unwrap();
            writeback.wrote(file.handle(), start..start + piece.len() as u64).unwrap();
        }
        writeback.synced(file.handle(), 16 * piece.len() as u64);
        assert!(directory.read("x").unwrap().chunks(piece.len()).all(|read| read == piece));
    }
}
