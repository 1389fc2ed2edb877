//! A context: one memory budget, one set of threads, and the evaluations that run in them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use numtile_core::memory::Usage;
use numtile_core::{DType, Error, Layout, MemoryPool, Result, Scalar, SinkSpec};
use numtile_exec::direct::{MOST_ELEMENTS, Program, Programs, Total};
use numtile_exec::plans::{Addresses, Plans, Ready};
use numtile_exec::{Admitted, Control, Destination, Progress, Scheduler, admit, execute, nested, rehearse, try_admit};
use numtile_kernel::Isa;
use numtile_kernel::builtin::reduce::Reducer;
use numtile_plan::expr::{Expr, Kind};
use numtile_plan::physical::description::{Description, bytes_minimum};
use numtile_plan::physical::direct::{Direct, Rows, direct, total};
use numtile_plan::physical::recall::structure;
use numtile_plan::physical::refusal::advise;
use numtile_plan::physical::{Limits, Output, plan};
use numtile_storage::{ScratchDirectory, machine};

use crate::counting::count;
use crate::result::HostArray;

/// The smallest budget that makes sense: what every evaluation takes, and a few small tiles.
pub const LEAST_MEMORY: u64 = 6 << 20;

/// What a context may use. `None` takes the default: half of what the process may use, all its cores, and a directory for
/// temporary files.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The memory budget in bytes.
    pub memory: Option<u64>,
    /// Threads that compute.
    pub threads: Option<usize>,
    /// The directory for intermediate results that do not fit the budget; an empty path is the default.
    pub scratch: Option<PathBuf>,
    /// Bytes that they may take there together; `u64::MAX` for as many as there is room for.
    pub scratch_limit: Option<u64>,
}

/// How one evaluation is steered.
pub struct Run<'a> {
    /// Asked about every 50 ms on the calling thread whether to stop.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Told as often how far the evaluation has come.
    pub progress: Option<&'a dyn Fn(&Progress)>,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Run { cancelled: &|| false, progress: None }
    }
}

/// What a plan is explained for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Purpose {
    /// Results go to files, not to memory.
    pub save: bool,
    /// The memory of the plan is rehearsed: reserved, and allocated tile by tile as running it would.
    pub rehearse: bool,
}

/// What the last evaluation did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunReport {
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
    /// Seconds it took.
    pub seconds: f64,
    /// What was done, with what was measured: plans that counted masks, then the plan of the results. Empty where there
    /// was nothing to plan, or the plan was known.
    pub plans: Vec<Arc<Description>>,
}

impl RunReport {
    /// Bytes that had to be read and written at least: what was looked at of each file, once, and results in files.
    pub fn bytes_minimum(&self) -> u64 {
        bytes_minimum(self.plans.iter().map(Arc::as_ref))
    }

    /// How far work has come that goes on after this.
    fn and(&self, progress: &Progress) -> Progress {
        let done = self.bytes_read + self.bytes_written;
        Progress {
            bytes_done: progress.bytes_done + done,
            bytes_total: progress.bytes_total + done,
            seconds: progress.seconds + self.seconds,
            peak_bytes: progress.peak_bytes.max(self.projected_peak),
        }
    }
}

/// How expressions that differ in nothing but their arrays are computed.
#[derive(Clone, Debug)]
pub enum Way {
    /// Elementwise on arrays of one shape, whatever that is, whose elements lie one after another: [`Context::run_direct`].
    Direct(Program),
    /// Elementwise on arrays of which some are the same along rows or in all of them: [`Context::run_direct`].
    Rows(Program, Rows),
    /// A reduction of that to one number, of one-dimensional arrays: [`Context::run_total`].
    Total(Total),
    /// By a plan that is known: [`Context::run_planned`].
    Planned {
        /// The structure of the expression.
        structure: u128,
        /// Elements that are computed.
        elements: usize,
    },
}

/// One memory budget, one set of threads.
pub struct Context {
    pool: MemoryPool,
    scratch: Arc<ScratchDirectory>,
    settings: Mutex<Settings>,
    /// Whether there is a forced tile, to look at without the lock.
    is_tile_forced: AtomicBool,
    last_run: Mutex<Option<RunReport>>,
    /// Elementwise expressions met before.
    programs: Programs,
    /// Others.
    plans: Plans,
    /// Rises with every call of [`Context::cancel`].
    cancellations: AtomicU64,
}

struct Settings {
    scheduler: Arc<Scheduler>,
    /// The process that started the scheduler's threads: a forked child has none of them.
    process: u32,
    forced_tile: Option<Vec<usize>>,
}

impl Context {
    /// A context with its own budget and threads.
    pub fn new(config: Config) -> Context {
        let memory = config.memory.unwrap_or_else(default_memory);
        let threads = config.threads.unwrap_or_else(machine::cpus);
        let scratch = ScratchDirectory::new();
        scratch.configure(config.scratch.as_deref(), config.scratch_limit);
        Context {
            pool: MemoryPool::new(memory, machine::available_memory),
            scratch,
            settings: Mutex::new(Settings {
                scheduler: Arc::new(Scheduler::new(threads)),
                process: std::process::id(),
                forced_tile: None,
            }),
            is_tile_forced: AtomicBool::new(false),
            last_run: Mutex::new(None),
            programs: Programs::default(),
            plans: Plans::default(),
            cancellations: AtomicU64::new(0),
        }
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the configuration names; running evaluations keep what they have.
    ///
    /// # Errors
    /// [`Error::Value`] for a budget below 6 MiB or no threads.
    pub fn configure(&self, config: &Config) -> Result<()> {
        let &Config { memory, threads, ref scratch, scratch_limit } = config;
        if memory.is_some_and(|memory| memory < LEAST_MEMORY) {
            return Err(Error::value(format!("memory must be at least {LEAST_MEMORY} bytes")));
        }
        if threads == Some(0) {
            return Err(Error::value("threads must be at least 1"));
        }
        if let Some(memory) = memory {
            self.pool.set_limit(memory);
        }
        self.scratch.configure(scratch.as_deref(), scratch_limit);
        if let Some(threads) = threads
            && threads != self.scheduler().workers()
        {
            self.settings().scheduler = Arc::new(Scheduler::new(threads));
        }
        Ok(())
    }

    /// The budget in bytes and the number of threads.
    pub fn config(&self) -> (u64, usize) {
        (self.pool.limit(), self.scheduler().workers())
    }

    /// Bytes of scratch in use, and the most that may be.
    pub fn scratch(&self) -> (u64, u64) {
        self.scratch.usage()
    }

    /// Where scratch goes.
    ///
    /// # Errors
    /// `Io` where no directory for temporary files lies on a disk.
    pub fn scratch_directory(&self) -> Result<PathBuf> {
        self.scratch.directory()
    }

    /// Uses tiles of these lengths (rounded up to what reductions need) instead of the planner's choice. Results do
    /// not depend on it; tests show that.
    pub fn force_tile(&self, tile: Option<Vec<usize>>) {
        let mut settings = self.settings();
        self.is_tile_forced.store(tile.is_some(), Ordering::Relaxed);
        settings.forced_tile = tile;
    }

    /// Who holds memory.
    pub fn memory(&self) -> Usage {
        self.pool.usage()
    }

    /// Gives freed buffers back to the operating system.
    pub fn trim(&self) {
        self.pool.trim();
    }

    /// What the last finished evaluation did.
    pub fn last_run(&self) -> Option<RunReport> {
        self.last_run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops all evaluations that are running now, from any thread.
    pub fn cancel(&self) {
        self.cancellations.fetch_add(1, Ordering::Relaxed);
    }

    /// The threads, fresh ones in a forked child.
    fn scheduler(&self) -> Arc<Scheduler> {
        let mut settings = self.settings();
        if settings.process != std::process::id() {
            let workers = settings.scheduler.workers();
            let stale = std::mem::replace(&mut settings.scheduler, Arc::new(Scheduler::new(workers)));
            settings.process = std::process::id();
            // The threads it speaks of exist in the parent only; joining them here would never end.
            std::mem::forget(stale);
        }
        settings.scheduler.clone()
    }

    fn limits(&self, scheduler: &Scheduler) -> Limits {
        // Inside a function of the user's its own thread does everything.
        let threads = |all: usize| if nested::is_inside() { 1 } else { all };
        Limits {
            memory: self.pool.limit(),
            threads: threads(scheduler.workers()),
            io_threads: threads(scheduler.io_workers()),
            isa: Isa::detect(),
            scratch: Some(self.scratch.clone()),
            forced_tile: self.settings().forced_tile.clone(),
        }
    }

    /// Computes these expressions, sharing what they have in common, and delivers them in memory.
    ///
    /// # Errors
    /// `Memory` when the machine has no room for the results; `Budget` when the smallest plan exceeds the budget;
    /// whatever reading, computing or cancellation brings.
    pub fn compute(&self, exprs: &[Expr], run: &Run<'_>) -> Result<Vec<HostArray>> {
        if let [expr] = exprs
            && let Some(result) = self.compute_direct(expr, run)?
        {
            return Ok(vec![result]);
        }
        let counted = count(self, exprs, run)?;
        Ok(self.deliver(&counted.exprs, run, counted.report)?.0)
    }

    /// The same expressions with shapes of numbers only: the masks that they select by are counted.
    ///
    /// # Errors
    /// As [`Context::compute`], and what building with the true lengths brings.
    pub fn resolve(&self, exprs: &[Expr], run: &Run<'_>) -> Result<Vec<Expr>> {
        Ok(count(self, exprs, run)?.exprs)
    }

    /// Computes a small expression of arrays in memory at once; `None` when it is not of that kind.
    ///
    /// # Errors
    /// What computing brings.
    pub fn compute_small(&self, expr: &Expr) -> Result<Option<HostArray>> {
        let elements = total(expr).map_or(expr.size(), |(_, array)| array.size());
        if self.is_small(elements) { self.compute_direct(expr, &Run::default()) } else { Ok(None) }
    }

    /// Computes an elementwise expression of arrays in memory, or a reduction of one, without a plan; `None` when it is
    /// not of that kind.
    fn compute_direct(&self, expr: &Expr, run: &Run<'_>) -> Result<Option<HostArray>> {
        let Some((way, direct)) = self.direct_way(expr)? else { return Ok(None) };
        let array = total(expr).map_or(expr, |(_, array)| array);
        // SAFETY: the sources have the shape of the array, or move with it as the rows say, and live as long as it does.
        unsafe {
            match &way {
                Way::Direct(program) => {
                    self.run_direct(program, &direct.starts, None, array.shape(), array.dtype(), run).map(Some)
                }
                Way::Rows(program, rows) => {
                    self.run_direct(program, &direct.starts, Some(rows), array.shape(), array.dtype(), run).map(Some)
                }
                Way::Total(total) => {
                    let number = self.run_total(total, &direct.starts, array.size(), run)?;
                    HostArray::of_number(number, &self.pool).map(Some)
                }
                Way::Planned { .. } => Ok(None),
            }
        }
    }

    /// How an expression is computed without a plan.
    fn direct_way<'e>(&self, expr: &'e Expr) -> Result<Option<(Way, Direct<'e>)>> {
        let (reduction, array) = total(expr).map_or((None, expr), |(reduction, array)| (Some(reduction), array));
        if !array.is_known() || array.size() == 0 || !self.is_direct() {
            return Ok(None);
        }
        let Some(direct) = direct(array) else { return Ok(None) };
        let Some(program) = self.programs.get(&direct, Isa::detect())? else { return Ok(None) };
        let (reduction, rows) = match (reduction, direct.rows.clone()) {
            (None, None) => return Ok(Some((Way::Direct(program), direct))),
            (None, Some(rows)) => return Ok(Some((Way::Rows(program, rows), direct))),
            (Some(reduction), rows) => (reduction, rows),
        };
        if rows.is_some() {
            return Ok(None);
        }
        let reducer = Reducer::new(reduction.op, array.dtype(), expr.dtype(), reduction.ddof, Isa::detect())?;
        Ok(Total::new(program, reducer).map(|total| (Way::Total(total), direct)))
    }

    /// How an expression of arrays in memory is computed, for other arrays that lie as its own do, and which source of the
    /// expression each array is; `None` when that cannot be told ahead.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn way(&self, expr: &Expr) -> Result<Option<(Way, Vec<u64>)>> {
        if let Some((way, direct)) = self.direct_way(expr)? {
            let sources = direct.inputs().map(identity).collect::<Option<_>>();
            return Ok(sources.map(|sources| (way, sources)));
        }
        let roots = std::slice::from_ref(expr);
        let Some(structure) = structure(roots).filter(|_| expr.is_known() && !expr.counts()) else { return Ok(None) };
        let limits = self.limits(&self.scheduler());
        // What does not fit is refused when it is computed.
        let planned = self.plans.plan(&outputs(roots), &limits);
        if planned.is_err() {
            return Ok(None);
        }
        let Some(plan) = self.plans.known(structure.key, &limits) else { return Ok(None) };
        let sources = structure.sources.iter().map(|source| source.identity()).collect();
        Ok(Some((Way::Planned { structure: structure.key, elements: plan.elements() }, sources)))
    }

    /// True for numbers of elements that are computed at once.
    pub fn is_small(&self, elements: usize) -> bool {
        (1..=MOST_ELEMENTS).contains(&elements) && self.is_direct()
    }

    /// True while elementwise expressions are computed without a plan: nobody asked for certain tiles.
    pub fn is_direct(&self) -> bool {
        !self.is_tile_forced.load(Ordering::Relaxed)
    }

    /// Runs the program of an elementwise expression.
    ///
    /// # Errors
    /// What computing brings.
    ///
    /// # Safety
    /// `starts` are the inputs of the program: each is readable for all elements of the shape, one after another, or as far as
    /// the rows move it, and aligned.
    pub unsafe fn run_direct(
        &self,
        program: &Program,
        starts: &[*const u8],
        rows: Option<&Rows>,
        shape: &[usize],
        dtype: DType,
        run: &Run<'_>,
    ) -> Result<HostArray> {
        let started = Instant::now();
        let layout = Layout::c_order(0, shape, dtype.size());
        let elements = layout.count();
        let buffer = self.pool.allocate_result(elements * dtype.size())?;
        // SAFETY: by the caller; the buffer is ours, page-aligned, and has room for all elements.
        unsafe {
            if elements <= MOST_ELEMENTS {
                program.run(starts, rows, elements, buffer.as_ptr())?;
            } else {
                self.steered(run, &RunReport::default(), |control| {
                    program.run_shared(starts, rows, elements, buffer.as_ptr(), &self.scheduler(), control)
                })?;
            }
        }
        self.report(RunReport { seconds: started.elapsed().as_secs_f64(), ..RunReport::default() });
        Ok(HostArray { buffer, dtype, layout })
    }

    /// Runs a reduction of `elements` elements.
    ///
    /// # Errors
    /// What computing brings.
    ///
    /// # Safety
    /// As [`Context::run_direct`], for as many elements, at least one.
    pub unsafe fn run_total(
        &self,
        total: &Total,
        starts: &[*const u8],
        elements: usize,
        run: &Run<'_>,
    ) -> Result<Scalar> {
        let started = Instant::now();
        // SAFETY: by the caller.
        let result = unsafe {
            if elements <= MOST_ELEMENTS {
                total.run(starts, elements)?
            } else {
                self.steered(run, &RunReport::default(), |control| {
                    total.run_shared(starts, elements, &self.scheduler(), control)
                })?
            }
        };
        self.report(RunReport { seconds: started.elapsed().as_secs_f64(), ..RunReport::default() });
        Ok(result)
    }

    /// Runs the plan for an expression of this structure, of which the result has this shape and type; `None` when it
    /// is not known any more, or there is no room for it now.
    ///
    /// # Errors
    /// What computing brings.
    ///
    /// # Safety
    /// `starts` are byte 0 of the layouts of the expression's sources in the order that [`Context::way`] told, and these
    /// can be read from any thread.
    pub unsafe fn run_planned(
        &self,
        structure: u128,
        starts: &[*const u8],
        shape: &[usize],
        dtype: DType,
        run: &Run<'_>,
    ) -> Result<Option<HostArray>> {
        let scheduler = self.scheduler();
        let limits = Limits { memory: self.pool.unreserved().min(self.pool.limit()), ..self.limits(&scheduler) };
        let Some(plan) = self.plans.known(structure, &limits) else { return Ok(None) };
        // SAFETY: the caller's promise.
        let memory = unsafe { Addresses::new(starts.iter().copied()) };
        let Some(admitted) = try_admit(Ready { plan, memory }, &self.pool) else { return Ok(None) };
        let layout = Layout::c_order(0, shape, dtype.size());
        let buffer = self.pool.allocate_result(layout.count() * dtype.size())?;
        let destinations = vec![Destination::Memory(Arc::new(buffer), layout)];
        let before = RunReport::default();
        let (finished, _) = self.steered(run, &before, |control| {
            self.execute(admitted, None, destinations, &scheduler, control, &before)
        })?;
        finished.into_iter().next().map(|destination| host(destination, dtype)).transpose()
    }

    /// Computes expressions whose shapes are numbers; `before` is what was done for them already.
    pub(crate) fn deliver(
        &self,
        exprs: &[Expr],
        run: &Run<'_>,
        before: Option<RunReport>,
    ) -> Result<(Vec<HostArray>, RunReport)> {
        self.pool.check_result(exprs.iter().map(Expr::nbytes).sum())?;
        let outputs = outputs(exprs);
        let destinations = |context: &Context| {
            exprs
                .iter()
                .map(|expr| {
                    let layout = Layout::c_order(0, expr.shape(), expr.dtype().size());
                    Ok(Destination::Memory(Arc::new(context.pool.allocate_result(expr.nbytes() as usize)?), layout))
                })
                .collect()
        };
        let (finished, report) = self.evaluate(&outputs, destinations, run, before)?;
        let results = finished
            .into_iter()
            .zip(exprs)
            .map(|(destination, expr)| host(destination, expr.dtype()))
            .collect::<Result<_>>()?;
        Ok((results, report))
    }

    /// Computes these expressions in as few passes as they need together and writes each to its `.npy` file. Files
    /// appear under their names when all are complete.
    ///
    /// # Errors
    /// As [`Context::compute`], and whatever writing brings; then no file appears.
    pub fn save(&self, targets: &[(PathBuf, Expr)], run: &Run<'_>) -> Result<()> {
        if let Some(twice) = (1..targets.len()).find(|&n| targets[..n].iter().any(|(path, _)| *path == targets[n].0)) {
            return Err(Error::value(format!("{} is named twice as a target", targets[twice].0.display())));
        }
        let exprs: Vec<Expr> = targets.iter().map(|(_, expr)| expr.clone()).collect();
        let counted = count(self, &exprs, run)?;
        let outputs: Vec<Output> = counted
            .exprs
            .iter()
            .map(|expr| Output {
                expr: expr.clone(),
                file: Some(Layout::c_order(0, expr.shape(), expr.dtype().size())),
            })
            .collect();
        let destinations = |_: &Context| {
            targets
                .iter()
                .zip(&counted.exprs)
                .map(|((path, _), expr)| {
                    let spec = SinkSpec { shape: expr.shape().into(), dtype: expr.dtype() };
                    Ok(Destination::File(numtile_storage::create(path, &spec)?))
                })
                .collect()
        };
        let (finished, _) = self.evaluate(&outputs, destinations, run, counted.report)?;
        numtile_storage::finish_all(finished.into_iter().filter_map(|destination| match destination {
            Destination::File(sink) => Some(sink),
            Destination::Memory(..) => None,
        }))
    }

    /// Plans, reserves memory, makes the destinations and runs. Nothing is read or written before the plan fits.
    /// `before` is what was done for the same purpose already; the report covers both.
    fn evaluate(
        &self,
        outputs: &[Output],
        destinations: impl Fn(&Context) -> Result<Vec<Destination>>,
        run: &Run<'_>,
        before: Option<RunReport>,
    ) -> Result<(Vec<Destination>, RunReport)> {
        let before = before.unwrap_or_default();
        let scheduler = self.scheduler();
        self.steered(run, &before, |control| {
            let limits = self.limits(&scheduler);
            let admitted = admit(outputs, &limits, &self.plans, &self.pool, control.cancelled)?;
            let destinations = destinations(self)?;
            // A plan that was met before does not name what it reads, and runs too short for a description to pay.
            let plan = &admitted.ready.plan;
            let described = plan.is_bound().then(|| Description::of(plan, &limits));
            self.execute(admitted, described, destinations, &scheduler, control, &before)
        })
    }

    /// Runs an admitted plan, of which the report says what was measured.
    fn execute(
        &self,
        admitted: Admitted,
        described: Option<Description>,
        destinations: Vec<Destination>,
        scheduler: &Arc<Scheduler>,
        control: &Control<'_>,
        before: &RunReport,
    ) -> Result<(Vec<Destination>, RunReport)> {
        if !nested::is_inside() {
            self.pool.reset_peaks();
        }
        let (finished, report) = execute(admitted, destinations, scheduler, control)?;
        let mut plans = before.plans.clone();
        plans.extend(described.map(|mut described| {
            for (pass, measured) in described.passes.iter_mut().zip(report.passes) {
                pass.measured = Some(measured);
            }
            Arc::new(described)
        }));
        let report = RunReport {
            projected_peak: report.projected_peak.max(before.projected_peak),
            measured_peak: report.measured_peak.max(before.measured_peak),
            bytes_read: report.bytes_read + before.bytes_read,
            bytes_written: report.bytes_written + before.bytes_written,
            scratch_peak: report.scratch_peak.max(before.scratch_peak),
            seconds: report.elapsed.as_secs_f64() + before.seconds,
            plans,
        };
        self.report(report.clone());
        Ok((finished, report))
    }

    /// Does something that listens to [`Context::cancel`] and to the caller, and tells the caller how far it is.
    fn steered<T>(&self, run: &Run<'_>, before: &RunReport, work: impl FnOnce(&Control<'_>) -> T) -> T {
        let started = self.cancellations.load(Ordering::Relaxed);
        let cancelled =
            || self.cancellations.load(Ordering::Relaxed) != started || nested::is_stopped() || (run.cancelled)();
        let progress = |progress: &Progress| {
            if let Some(told) = run.progress {
                told(&before.and(progress));
            }
        };
        work(&Control { cancelled: &cancelled, progress: &progress })
    }

    fn report(&self, report: RunReport) {
        *self.last_run.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    }

    /// What computing these expressions would take: passes, tile shapes, bytes read and written, projected peak. Masks
    /// that they select by are counted for that; nothing else is computed. Its `Display` is a text, and
    /// [`picture`](crate::picture) draws it.
    ///
    /// # Errors
    /// `Budget` when the smallest plan exceeds the budget; what counting brings; `Internal` when a rehearsal holds more
    /// than the plan projects, which would be a mistake in the engine.
    pub fn explain(&self, exprs: &[Expr], purpose: Purpose, run: &Run<'_>) -> Result<Description> {
        let scheduler = self.scheduler();
        let limits = self.limits(&scheduler);
        let outputs: Vec<Output> = self
            .resolve(exprs, run)?
            .iter()
            .map(|expr| Output {
                expr: expr.clone(),
                file: purpose.save.then(|| Layout::c_order(0, expr.shape(), expr.dtype().size())),
            })
            .collect();
        if purpose.rehearse {
            return self.rehearse(&outputs, &limits, run);
        }
        let plan = plan(outputs.clone(), &limits).map_err(|error| advise(&outputs, &limits, error))?;
        Ok(Description::of(&plan, &limits))
    }

    /// Reserves what a plan projects and goes over its tiles without data.
    fn rehearse(&self, outputs: &[Output], limits: &Limits, run: &Run<'_>) -> Result<Description> {
        self.steered(run, &RunReport::default(), |control| {
            // Plans met before would not name what they read.
            let admitted = admit(outputs, limits, &Plans::default(), &self.pool, control.cancelled)?;
            let mut described = Description::of(&admitted.ready.plan, limits);
            let found = rehearse(&admitted, limits, control.cancelled)?;
            for (pass, rehearsed) in described.passes.iter_mut().zip(found) {
                pass.rehearsed = Some(rehearsed);
            }
            Ok(described)
        })
    }
}

/// Results in memory.
fn outputs(exprs: &[Expr]) -> Vec<Output> {
    exprs.iter().map(|expr| Output { expr: expr.clone(), file: None }).collect()
}

fn host(destination: Destination, dtype: DType) -> Result<HostArray> {
    match destination {
        Destination::Memory(buffer, layout) => HostArray::new(buffer, dtype, layout),
        Destination::File(_) => Err(Error::internal("a result in memory became a file")),
    }
}

/// The identity of the array that a node is.
fn identity(node: &Expr) -> Option<u64> {
    match node.kind() {
        Kind::Source(source) => Some(source.identity()),
        _ => None,
    }
}

fn default_memory() -> u64 {
    (machine::process_memory_limit() / 2).max(LEAST_MEMORY)
}
