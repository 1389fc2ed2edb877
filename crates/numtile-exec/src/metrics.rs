//! What an evaluation did: counters while it runs, a report afterwards.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use numtile_plan::physical::description::Measured;

/// Counters shared by the threads of an evaluation.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    total: u64,
    done: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    /// Nanoseconds that threads were busy.
    reading: AtomicU64,
    computing: AtomicU64,
    writing: AtomicU64,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The peak that the plan projected, in bytes.
    pub projected_peak: u64,
    /// The most bytes of buffers that were alive at once.
    pub measured_peak: u64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
    /// The most bytes of scratch that were in use at once.
    pub scratch_peak: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What each pass did.
    pub passes: Vec<Measured>,
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
            reading: AtomicU64::new(0),
            computing: AtomicU64::new(0),
            writing: AtomicU64::new(0),
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

    /// Counts time in which a thread read and assembled what a tile needs.
    pub fn read_since(&self, started: Instant) {
        count_time(&self.reading, started);
    }

    /// Counts time in which a thread computed.
    pub fn computed_since(&self, started: Instant) {
        count_time(&self.computing, started);
    }

    /// Counts time in which a thread wrote.
    pub fn wrote_since(&self, started: Instant) {
        count_time(&self.writing, started);
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

    /// Everything up to now. Passes run one after the other, so that the difference of two is what a pass did.
    pub fn so_far(&self) -> Measured {
        let seconds = |nanoseconds: &AtomicU64| nanoseconds.load(Ordering::Relaxed) as f64 * 1e-9;
        Measured {
            seconds: self.elapsed().as_secs_f64(),
            bytes_read: self.read.load(Ordering::Relaxed),
            bytes_written: self.written.load(Ordering::Relaxed),
            reading: seconds(&self.reading),
            computing: seconds(&self.computing),
            writing: seconds(&self.writing),
        }
    }

    /// How long it takes up to now.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

fn count_time(counter: &AtomicU64, started: Instant) {
    counter.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
}

/// What was done between two looks.
pub fn between(before: Measured, after: Measured) -> Measured {
    Measured {
        seconds: after.seconds - before.seconds,
        bytes_read: after.bytes_read - before.bytes_read,
        bytes_written: after.bytes_written - before.bytes_written,
        reading: after.reading - before.reading,
        computing: after.computing - before.computing,
        writing: after.writing - before.writing,
    }
}
