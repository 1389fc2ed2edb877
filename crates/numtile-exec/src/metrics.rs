//! What an evaluation did: counters while it runs, a report afterwards.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counters shared by the threads of an evaluation.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    total: u64,
    done: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
}

/// How far an evaluation has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Bytes dealt with so far: read and written, or computed where no file takes part.
    pub bytes_done: u64,
    /// Bytes there are to deal with.
    pub bytes_total: u64,
    /// Seconds since the start.
    pub seconds: f64,
    /// The projected peak of the plan in bytes.
    pub peak_bytes: u64,
}

/// What an evaluation did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The peak that the plan projected, in bytes.
    pub projected_peak: u64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl Metrics {
    /// Counters for work of `total` bytes that starts now.
    pub fn new(total: u64) -> Metrics {
        Metrics {
            started: Instant::now(),
            total,
            done: AtomicU64::new(0),
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
        }
    }

    /// Counts bytes read from a file.
    pub fn count_read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes written to a file.
    pub fn count_written(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes of work done.
    pub fn count_done(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How far it has come.
    pub fn progress(&self, peak_bytes: u64) -> Progress {
        Progress {
            bytes_done: self.done.load(Ordering::Relaxed).min(self.total),
            bytes_total: self.total,
            seconds: self.started.elapsed().as_secs_f64(),
            peak_bytes,
        }
    }

    /// The report at the end.
    pub fn report(&self, projected_peak: u64) -> Report {
        Report {
            projected_peak,
            bytes_read: self.read.load(Ordering::Relaxed),
            bytes_written: self.written.load(Ordering::Relaxed),
            elapsed: self.started.elapsed(),
        }
    }
}
