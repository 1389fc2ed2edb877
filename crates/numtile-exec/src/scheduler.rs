//! The threads: one set that computes, one that reads and writes.
//!
//! Jobs are closures in two first-in-first-out queues. A job never waits for another one, so the queues cannot
//! deadlock; whoever waits for the jobs of a pass waits for their number to become zero.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a thread that has helped a caller looks for its next job before it sleeps: waking it takes as long, and calls
/// that compute something small come one after the other.
const LINGER: Duration = Duration::from_micros(50);

/// Something to do; says whether another is likely to follow at once.
type Job = Box<dyn FnOnce() -> bool + Send>;

/// Threads that stop when the scheduler is dropped.
pub struct Scheduler {
    compute: Arc<Queue>,
    io: Arc<Queue>,
    workers: usize,
    io_workers: usize,
    processors: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    wake: Condvar,
    /// Jobs in the queue, to look at without the lock.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    /// Threads that must be woken.
    asleep: usize,
    /// Threads that look out for a job and take one next.
    looking: usize,
    closed: bool,
}

impl Queue {
    fn push(&self, job: Job) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        self.waiting.store(state.jobs.len(), Ordering::Relaxed);
        // One more thread than there is work for would take the processor from somebody, the caller perhaps.
        let wakes = state.asleep > 0 && state.jobs.len() > state.looking;
        drop(state);
        if wakes {
            self.wake.notify_one();
        }
    }

    /// The next job, for a thread that `lingers` after looking out for it a while.
    fn pop(&self, lingers: bool) -> Option<Job> {
        if lingers {
            self.lock().looking += 1;
            self.look_out();
        }
        let mut state = self.lock();
        state.looking -= usize::from(lingers);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                self.waiting.store(state.jobs.len(), Ordering::Relaxed);
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.asleep += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
    }

    /// Looks for a job for a while.
    fn look_out(&self) {
        let started = Instant::now();
        while self.waiting.load(Ordering::Relaxed) == 0 && started.elapsed() < LINGER {
            std::hint::spin_loop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }
}

impl Scheduler {
    /// A scheduler with this many computing threads and as many for files as suit them. Threads start with the first
    /// job.
    pub fn new(workers: usize) -> Scheduler {
        Scheduler {
            compute: Arc::default(),
            io: Arc::default(),
            workers: workers.max(1),
            io_workers: 2,
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// Threads that compute.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Threads that read and write.
    pub fn io_workers(&self) -> usize {
        self.io_workers
    }

    /// Queues a job that computes.
    pub fn compute(&self, job: impl FnOnce() + Send + 'static) {
        self.start();
        self.compute.push(alone(job));
    }

    /// Queues a job that helps a caller who computes as well, and says whether it could.
    pub fn help(&self, job: impl FnOnce() -> bool + Send + 'static) {
        self.start();
        // Threads beyond the processors would only be in each other's way.
        let lingers = self.workers <= self.processors;
        self.compute.push(Box::new(move || job() && lingers));
    }

    /// Queues a job that reads or writes.
    pub fn io(&self, job: impl FnOnce() + Send + 'static) {
        self.start();
        self.io.push(alone(job));
    }

    #[allow(clippy::disallowed_methods, reason = "this is the scheduler")]
    fn start(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if !threads.is_empty() {
            return;
        }
        let compute = (0..self.workers).map(|n| (format!("numtile-{n}"), &self.compute));
        let io = (0..self.io_workers).map(|n| (format!("numtile-io-{n}"), &self.io));
        for (name, queue) in compute.chain(io) {
            let queue = queue.clone();
            let body = move || {
                let mut lingers = false;
                while let Some(job) = queue.pop(lingers) {
                    lingers = job();
                }
            };
            // A machine that gives fewer threads than asked for runs with those it gave, as long as there is one.
            if let Ok(handle) = std::thread::Builder::new().name(name).spawn(body) {
                threads.push(handle);
            }
        }
    }
}

/// A job that no other is likely to follow.
fn alone(job: impl FnOnce() + Send + 'static) -> Job {
    Box::new(move || {
        job();
        false
    })
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.compute.close();
        self.io.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A job that panicked has been reported by its pass already.
            let _ = thread.join();
        }
    }
}

/// Jobs that somebody waits for: those of one pass.
pub struct Jobs {
    scheduler: Arc<Scheduler>,
    running: Arc<Running>,
}

/// How many jobs are queued or under way.
#[derive(Default)]
struct Running {
    count: Mutex<usize>,
    none_left: Condvar,
}

/// One job of these, until it is dropped.
struct One(Arc<Running>);

impl One {
    fn of(running: &Arc<Running>) -> One {
        *running.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        One(running.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            self.0.none_left.notify_all();
        }
    }
}

impl Jobs {
    /// None yet, for the threads of this scheduler.
    pub fn new(scheduler: Arc<Scheduler>) -> Jobs {
        Jobs { scheduler, running: Arc::default() }
    }

    /// Queues a job that computes.
    pub fn compute(&self, job: impl FnOnce() + Send + 'static) {
        self.scheduler.compute(self.counted(job));
    }

    /// Queues a job that reads or writes.
    pub fn io(&self, job: impl FnOnce() + Send + 'static) {
        self.scheduler.io(self.counted(job));
    }

    /// The job, which counts until all that it owned is gone: the memory of a pass is free when nobody works on it.
    fn counted(&self, job: impl FnOnce() + Send + 'static) -> impl FnOnce() + Send + 'static {
        let one = One::of(&self.running);
        move || {
            job();
            drop(one);
        }
    }

    /// Waits until no job is left, or for so long; true when none is left.
    pub fn wait(&self, patience: Duration) -> bool {
        let count = self.running.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.running.none_left.wait_timeout_while(count, patience, |count| *count > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn jobs_run_and_threads_stop() {
        let done = Arc::new(AtomicUsize::new(0));
        let scheduler = Scheduler::new(3);
        for _ in 0..100 {
            let (a, b) = (done.clone(), done.clone());
            scheduler.compute(move || {
                a.fetch_add(1, Ordering::Relaxed);
            });
            scheduler.io(move || {
                b.fetch_add(1, Ordering::Relaxed);
            });
        }
        drop(scheduler);
        assert_eq!(done.load(Ordering::Relaxed), 200);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a thread like the scheduler's")]
    fn nobody_is_woken_for_a_job_that_somebody_looks_out_for() {
        let queue = Arc::new(Queue::default());
        let sleeper = {
            let queue = queue.clone();
            std::thread::spawn(move || queue.pop(false).is_some())
        };
        while queue.lock().asleep == 0 {
            std::thread::yield_now();
        }
        let job = || alone(|| ());
        queue.lock().looking = 1;
        queue.push(job());
        std::thread::sleep(Duration::from_millis(20));
        assert!(queue.lock().asleep == 1 && queue.waiting.load(Ordering::Relaxed) == 1);
        queue.push(job());
        assert!(sleeper.join().unwrap());
        queue.lock().looking = 0;
        assert!(queue.pop(true).is_some() && queue.lock().looking == 0);
    }

    #[test]
    fn what_jobs_own_is_gone_when_none_is_left() {
        let jobs = Jobs::new(Arc::new(Scheduler::new(2)));
        for _ in 0..200 {
            let owned = Arc::new(());
            for _ in 0..4 {
                let mine = owned.clone();
                jobs.compute(move || {
                    std::hint::black_box(&mine);
                });
            }
            while !jobs.wait(Duration::from_millis(50)) {}
            assert_eq!(Arc::strong_count(&owned), 1);
        }
    }
}
