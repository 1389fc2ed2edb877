//! The context of this process, and running work in it: without the GIL, listening to Ctrl-C, telling of progress.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::engine::{Config, Context, Progress, Run, RunReport};
use crate::error;

/// The context that the Python package computes in.
struct Session {
    config: Config,
    context: Arc<Context>,
}

static SESSION: Mutex<Option<Session>> = Mutex::new(None);
/// True in a child process that has the context of its parent: threads and budgets do not survive a fork, so it makes its
/// own. (Asking for the number of the process would take as long as a small computation.)
static IS_INHERITED: AtomicBool = AtomicBool::new(false);
/// Counts calls of `cancel()`: evaluations that started before the latest one stop.
static CANCELLED: AtomicU64 = AtomicU64::new(0);
/// Who shows progress, if anyone.
static SHOWN_BY: RwLock<Option<Arc<Shown>>> = RwLock::new(None);

/// How often a display of progress is refreshed.
const REFRESH: Duration = Duration::from_millis(100);

/// A Python callable that starts a display, and the seconds of work before it is asked to.
pub(crate) struct Shown {
    start: Py<PyAny>,
    after: f64,
}

impl Shown {
    /// `start` is called when `after` seconds of work are done and returns an object to `update` and to `close`.
    pub(crate) fn new(start: Py<PyAny>, after: f64) -> Shown {
        Shown { start, after }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The context, made at first use.
pub(crate) fn context() -> Arc<Context> {
    let mut session = lock(&SESSION);
    if let Some(session) = session.as_ref().filter(|_| !IS_INHERITED.load(Ordering::Relaxed)) {
        return session.context.clone();
    }
    watch_forks();
    IS_INHERITED.store(false, Ordering::Relaxed);
    let inherited = session.take();
    let config = inherited.as_ref().map_or_else(Config::default, |parent| parent.config.clone());
    // The parent's context cannot be dropped here: its threads are not in this process.
    std::mem::forget(inherited);
    let context = Arc::new(Context::new(config.clone()));
    *session = Some(Session { config, context: context.clone() });
    context
}

/// Has children know that they are, from now on.
fn watch_forks() {
    #[cfg(unix)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        extern "C" fn in_child() {
            IS_INHERITED.store(true, Ordering::Relaxed);
        }
        ONCE.call_once(|| {
            // SAFETY: the handler does nothing but to set a flag, and the module that it is in is never unloaded.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
    }
}

/// Changes what the configuration names.
pub(crate) fn configure(py: Python<'_>, config: Config) -> PyResult<()> {
    let context = context();
    // Changing the number of threads may wait for those that stop.
    py.detach(|| context.configure(&config)).map_err(|error| error::raise(py, error))?;
    if let Some(session) = lock(&SESSION).as_mut() {
        let before = std::mem::take(&mut session.config);
        session.config = Config {
            memory: config.memory.or(before.memory),
            threads: config.threads.or(before.threads),
            scratch: config.scratch.or(before.scratch),
            scratch_limit: config.scratch_limit.or(before.scratch_limit),
        };
    }
    Ok(())
}

/// Asks every evaluation that is running now to stop.
pub(crate) fn cancel() {
    CANCELLED.fetch_add(1, Ordering::Relaxed);
}

/// Sets who shows progress: a callable that starts a display for one evaluation, asked after some seconds of work.
pub(crate) fn show_progress(shown: Option<Shown>) {
    *SHOWN_BY.write().unwrap_or_else(PoisonError::into_inner) = shown.map(Arc::new);
}

/// Runs `work` without the GIL and turns its outcome into Python's. `shown` is who shows its progress, if not those
/// who always do.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    shown: Option<Shown>,
    work: impl FnOnce(&Context, &Run<'_>) -> numtile::Result<T> + Send,
) -> PyResult<T> {
    let context = context();
    let watch = Watch::new(shown);
    let outcome = py.detach(|| {
        let cancelled = || watch.is_stopped();
        let progress = |progress: &Progress| watch.look_at(progress);
        work(&context, &Run { cancelled: &cancelled, progress: Some(&progress) })
    });
    let finished = outcome.as_ref().ok().and_then(|_| context.last_run());
    watch.close(py, finished);
    match watch.raised() {
        // A failure in Python, Ctrl-C first of all, is the reason why the evaluation stopped.
        Some(raised) => Err(raised),
        None => outcome.map_err(|error| error::raise(py, error)),
    }
}

/// What the calling thread watches while the engine works.
struct Watch {
    cancelled_before: u64,
    raised: Mutex<Option<PyErr>>,
    display: Mutex<Display>,
}

#[derive(Default)]
struct Display {
    shown: Option<Arc<Shown>>,
    object: Option<Py<PyAny>>,
    refreshed: Option<Instant>,
    /// The bytes of the whole evaluation, as told last.
    bytes_total: Option<u64>,
}

impl Watch {
    fn new(shown: Option<Shown>) -> Watch {
        let always = || SHOWN_BY.read().unwrap_or_else(PoisonError::into_inner).clone();
        let shown = shown.map(Arc::new).or_else(always);
        Watch {
            cancelled_before: CANCELLED.load(Ordering::Relaxed),
            raised: Mutex::new(None),
            display: Mutex::new(Display { shown, ..Display::default() }),
        }
    }

    /// True when the evaluation should stop: after Ctrl-C, `cancel()` or a failure in a display.
    fn is_stopped(&self) -> bool {
        if CANCELLED.load(Ordering::Relaxed) != self.cancelled_before || lock(&self.raised).is_some() {
            return true;
        }
        // Handlers of signals run on the main thread only; elsewhere this does nothing.
        match Python::attach(|py| py.check_signals()) {
            Ok(()) => false,
            Err(raised) => {
                *lock(&self.raised) = Some(raised);
                true
            }
        }
    }

    fn look_at(&self, progress: &Progress) {
        let mut display = lock(&self.display);
        let Some(shown) = display.shown.clone() else { return };
        display.bytes_total = Some(progress.bytes_total);
        let is_due = display.refreshed.is_none_or(|last| last.elapsed() >= REFRESH);
        if progress.seconds < shown.after || !is_due {
            return;
        }
        display.refreshed = Some(Instant::now());
        let state = (progress.bytes_done, progress.bytes_total, progress.seconds, progress.peak_bytes);
        let outcome = Python::attach(|py| display.refresh(py, &shown, state));
        if let Err(raised) = outcome {
            *lock(&self.raised) = Some(raised);
        }
    }

    /// Ends a display that was started, with a last look at work that finished. Those who want to know from the first
    /// second on get at least that one. A failure there does not spoil a finished evaluation.
    fn close(&self, py: Python<'_>, finished: Option<RunReport>) {
        let mut display = lock(&self.display);
        let Some(shown) = display.shown.clone() else { return };
        let is_wanted = display.object.is_some() || shown.after == 0.0;
        let last = finished.filter(|_| is_wanted).map(|report| {
            let bytes = display.bytes_total.unwrap_or(0).max(report.bytes_read + report.bytes_written);
            display.refresh(py, &shown, (bytes, bytes, report.seconds, report.measured_peak))
        });
        let closed = display.object.take().map(|object| object.call_method0(py, "close"));
        for raised in [last.and_then(Result::err), closed.and_then(Result::err)].into_iter().flatten() {
            raised.write_unraisable(py, None);
        }
    }

    fn raised(&self) -> Option<PyErr> {
        lock(&self.raised).take()
    }
}

impl Display {
    fn refresh(&mut self, py: Python<'_>, shown: &Shown, state: (u64, u64, f64, u64)) -> PyResult<()> {
        let object = match &self.object {
            Some(object) => object,
            None => self.object.insert(shown.start.call0(py)?),
        };
        object.call_method1(py, "update", state)?;
        Ok(())
    }
}
