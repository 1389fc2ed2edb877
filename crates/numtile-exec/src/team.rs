//! Work in numbered pieces that the calling thread shares with those of the scheduler that are idle.
//!
//! Nobody is waited for who has not begun: where the others wake up late, the caller has done all of it meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use numtile_core::{Error, Result};

use crate::executor::Control;
use crate::metrics::Progress;
use crate::nested;
use crate::scheduler::Scheduler;

/// How often the calling thread looks for cancellation.
pub const TICK: Duration = Duration::from_millis(50);
/// How long it looks for the last piece of others before it sleeps.
const SPIN: Duration = Duration::from_micros(100);

/// Something to do in pieces, in any order and on any thread.
pub trait Work: Send + Sync + 'static {
    /// What a thread needs while it works.
    type Desk;
    /// How many pieces there are.
    fn pieces(&self) -> usize;
    /// What a thread needs, before its first piece.
    ///
    /// # Errors
    /// Those of the work.
    fn desk(&self) -> Result<Self::Desk>;
    /// Does one piece.
    ///
    /// # Errors
    /// Those of the work: the first one ends it.
    fn piece(&self, desk: &mut Self::Desk, number: usize) -> Result<()>;
    /// Told when the work has failed or is not wanted any more.
    fn stop(&self);
    /// How far it has come.
    fn progress(&self) -> Progress;
}

/// Does all pieces, on up to `threads` threads, this one being the first. Inside a function of the user's its own thread
/// does everything.
///
/// # Errors
/// The first error of a piece; `Cancelled`.
pub fn share<W: Work>(work: Arc<W>, threads: usize, scheduler: &Scheduler, control: &Control<'_>) -> Result<()> {
    let team = Arc::new(Team {
        pieces: work.pieces(),
        next: AtomicUsize::new(0),
        inside: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        caller: std::thread::current(),
        processor: processor(),
        state: Mutex::new(State { work: Some(work.clone()), error: None }),
    });
    let threads = if nested::is_inside() { 1 } else { threads };
    for _ in 1..threads.min(team.pieces) {
        let team = team.clone();
        scheduler.help(move || team.help());
    }
    let mut looked = Instant::now();
    team.take_part(&work, &mut || {
        if looked.elapsed() >= TICK {
            team.look(&work, control);
            looked = Instant::now();
        }
    });
    team.close();
    team.wait(&work, control);
    match team.lock().error.take() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Team<W> {
    pieces: usize,
    /// The next piece.
    next: AtomicUsize,
    /// Threads at work beside the caller.
    inside: AtomicUsize,
    stopped: AtomicBool,
    caller: Thread,
    /// The processor on which the caller was when it asked for help.
    processor: Option<u32>,
    state: Mutex<State<W>>,
}

struct State<W> {
    /// The work, as long as others may begin: what it holds is free when the caller returns.
    work: Option<Arc<W>>,
    error: Option<Error>,
}

impl<W: Work> Team<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another thread's part. True if it may look out for the next: where other processors are busy it has the caller's, who
    /// needs it.
    fn help(&self) -> bool {
        self.join_in();
        self.is_elsewhere()
    }

    /// Whether this thread is on another processor than the one on which the caller asked for help.
    fn is_elsewhere(&self) -> bool {
        self.processor.is_none() || processor() != self.processor
    }

    fn join_in(&self) {
        let state = self.lock();
        let Some(work) = state.work.clone() else { return };
        self.inside.fetch_add(1, Ordering::Relaxed);
        drop(state);
        self.take_part(&work, &mut || ());
        drop(work);
        // What was written and let go here is seen by the caller when it sees that nobody is inside.
        if self.inside.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.caller.unpark();
        }
    }

    /// Does pieces until there are none left.
    fn take_part(&self, work: &W, between: &mut dyn FnMut()) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut desk = None;
            while !self.stopped.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                if number >= self.pieces {
                    break;
                }
                let desk = match &mut desk {
                    Some(desk) => desk,
                    none => none.insert(work.desk()?),
                };
                work.piece(desk, number)?;
                between();
            }
            Ok(())
        }));
        let outcome =
            outcome.unwrap_or_else(|panic| Err(Error::internal(format!("a worker panicked: {}", message(&*panic)))));
        if let Err(error) = outcome {
            self.fail(work, error);
        }
    }

    /// Keeps the first error and ends the work.
    fn fail(&self, work: &W, error: Error) {
        self.lock().error.get_or_insert(error);
        self.stopped.store(true, Ordering::Relaxed);
        work.stop();
    }

    fn look(&self, work: &W, control: &Control<'_>) {
        (control.progress)(&work.progress());
        if (control.cancelled)() {
            self.fail(work, Error::Cancelled);
        }
    }

    /// Nobody begins from now on.
    fn close(&self) {
        self.lock().work = None;
    }

    /// Waits for those who have begun.
    fn wait(&self, work: &W, control: &Control<'_>) {
        let started = Instant::now();
        while self.inside.load(Ordering::Acquire) > 0 {
            if started.elapsed() < SPIN {
                std::hint::spin_loop();
                continue;
            }
            std::thread::park_timeout(TICK);
            if self.inside.load(Ordering::Acquire) > 0 && started.elapsed() >= TICK {
                self.look(work, control);
            }
        }
    }
}

/// The processor on which this thread is, where the system tells.
fn processor() -> Option<u32> {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes nothing and only tells a number, or less than zero where it cannot.
    return u32::try_from(unsafe { libc::sched_getcpu() }).ok();
    #[cfg(not(target_os = "linux"))]
    None
}

/// What a panic said.
pub fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    struct Sum {
        pieces: usize,
        total: AtomicU64,
        desks: AtomicUsize,
        stopped: AtomicBool,
    }

    impl Sum {
        fn of(pieces: usize) -> Arc<Sum> {
            Arc::new(Sum {
                pieces,
                total: AtomicU64::new(0),
                desks: AtomicUsize::new(0),
                stopped: AtomicBool::new(false),
            })
        }
    }

    impl Work for Sum {
        type Desk = ();

        fn pieces(&self) -> usize {
            self.pieces
        }

        fn desk(&self) -> Result<()> {
            self.desks.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn piece(&self, (): &mut (), number: usize) -> Result<()> {
            match number {
                1_000 => Err(Error::value("a thousand")),
                2_000 => panic!("two thousand"),
                _ => {
                    self.total.fetch_add(number as u64, Ordering::Relaxed);
                    Ok(())
                }
            }
        }

        fn stop(&self) {
            self.stopped.store(true, Ordering::Relaxed);
        }

        fn progress(&self) -> Progress {
            Progress { bytes_done: 0, bytes_total: 0, seconds: 0.0, peak_bytes: 0 }
        }
    }

    fn control() -> Control<'static> {
        Control { cancelled: &|| false, progress: &|_| () }
    }

    #[test]
    fn every_piece_is_done_once_and_the_work_is_let_go() {
        let scheduler = Scheduler::new(3);
        for round in 0..300 {
            let work = Sum::of(round);
            share(work.clone(), 3, &scheduler, &control()).unwrap();
            assert_eq!(work.total.load(Ordering::Relaxed), (0..round as u64).sum::<u64>());
            assert!(work.desks.load(Ordering::Relaxed) <= 3);
            assert_eq!(Arc::strong_count(&work), 1);
        }
    }

    #[test]
    fn inside_a_function_its_thread_does_everything() {
        let scheduler = Scheduler::new(3);
        nested::call(&Arc::default(), || {
            for _ in 0..300 {
                let work = Sum::of(900);
                share(work.clone(), 3, &scheduler, &control()).unwrap();
                assert_eq!(work.desks.load(Ordering::Relaxed), 1);
            }
        });
    }

    #[test]
    fn the_first_error_ends_it() {
        let scheduler = Scheduler::new(2);
        let work = Sum::of(1 << 40);
        let error = share(work.clone(), 2, &scheduler, &control()).unwrap_err().to_string();
        assert!(error.contains("a thousand"), "{error}");
        assert!(work.stopped.load(Ordering::Relaxed));
    }

    #[test]
    fn cancellation_ends_it() {
        struct Endless(AtomicBool);
        impl Work for Endless {
            type Desk = ();
            fn pieces(&self) -> usize {
                usize::MAX / 2
            }
            fn desk(&self) -> Result<()> {
                Ok(())
            }
            fn piece(&self, (): &mut (), _: usize) -> Result<()> {
                Ok(())
            }
            fn stop(&self) {
                self.0.store(true, Ordering::Relaxed);
            }
            fn progress(&self) -> Progress {
                Progress { bytes_done: 0, bytes_total: 0, seconds: 0.0, peak_bytes: 0 }
            }
        }
        let work = Arc::new(Endless(AtomicBool::new(false)));
        let control = Control { cancelled: &|| true, progress: &|_| () };
        let outcome = share(work.clone(), 2, &Scheduler::new(2), &control);
        assert!(matches!(outcome, Err(Error::Cancelled)) && work.0.load(Ordering::Relaxed));
    }
}
