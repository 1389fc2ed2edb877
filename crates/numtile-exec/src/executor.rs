//! Running a plan: its passes one after the other.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Error, Layout, Reservation, Result, Sink, Spill};
use numtile_plan::physical::description::Measured;
use numtile_plan::physical::{End, Pass, Plan, Target};

use crate::admission::Admitted;
use crate::flow;
use crate::metrics::{self, Metrics, Progress, Report};
use crate::plans::{Addresses, Ready};
use crate::scheduler::Scheduler;

/// Where a result goes.
#[derive(Debug)]
pub enum Destination {
    /// Memory that will be the user's, who sees it under this layout; the elements lie in C order.
    Memory(Arc<Buffer>, Layout),
    /// A file, with the elements in C order.
    File(Box<dyn Sink>),
}

/// Where values of one kind go, seen from the threads of a pass.
#[derive(Clone, Debug)]
pub enum Place {
    /// Memory: a held result or the user's.
    Memory(Arc<Buffer>, Layout),
    /// The file of the result with this number.
    File(usize),
    /// Scratch for the held result with this number.
    Scratch(usize),
}

/// How the caller steers an evaluation; both are called on the calling thread about every 50 ms.
pub struct Control<'a> {
    /// True when the evaluation should stop.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Told how far it has come.
    pub progress: &'a dyn Fn(&Progress),
}

/// What the threads of an evaluation share.
pub struct Shared {
    /// What is to be done.
    pub plan: Arc<Plan>,
    /// Arrays in memory that the plan does not name itself.
    pub memory: Addresses,
    /// Where results go.
    pub destinations: Vec<Destination>,
    /// The memory.
    pub reservation: Reservation,
    /// Counters.
    pub metrics: Metrics,
    /// Set when everything should stop.
    pub stop: Arc<AtomicBool>,
}

/// Runs an admitted plan. The destinations, one per output, come back with all their values.
///
/// # Errors
/// The first error met by any thread; the destinations are dropped with it.
pub fn execute(
    admitted: Admitted,
    destinations: Vec<Destination>,
    scheduler: &Arc<Scheduler>,
    control: &Control<'_>,
) -> Result<(Vec<Destination>, Report)> {
    let Admitted { ready: Ready { plan, memory }, reservation, overhead: _overhead } = admitted;
    verify_sources(&plan)?;
    let shared = Arc::new(Shared {
        metrics: Metrics::new(work(&plan)),
        plan,
        memory,
        destinations,
        reservation,
        stop: Arc::default(),
    });
    let outcome = run_passes(&shared, scheduler, control);
    // All tiles are done; the threads that did the last ones may be a moment from letting go.
    let mut shared = shared;
    let destinations = loop {
        match Arc::try_unwrap(shared) {
            Ok(shared) => break shared.destinations,
            Err(again) => {
                shared = again;
                std::thread::yield_now();
            }
        }
    };
    outcome.map(|report| (destinations, report))
}

fn run_passes(shared: &Arc<Shared>, scheduler: &Arc<Scheduler>, control: &Control<'_>) -> Result<Report> {
    let mut held = Held::none(&shared.plan);
    let mut passes: Vec<Measured> = Vec::with_capacity(shared.plan.passes.len());
    for number in 0..shared.plan.passes.len() {
        let before = shared.metrics.so_far();
        held.allocate(&shared.plan, number, &shared.reservation)?;
        flow::run(shared, number, &held.buffers, scheduler, control)?;
        held.release(&shared.plan, number);
        passes.push(metrics::between(before, shared.metrics.so_far()));
    }
    verify_sources(&shared.plan)?;
    let all = shared.metrics.so_far();
    Ok(Report {
        projected_peak: shared.plan.projected_peak,
        measured_peak: shared.reservation.take_peak(),
        bytes_read: all.bytes_read,
        bytes_written: all.bytes_written,
        scratch_peak: held.scratch_peak,
        elapsed: shared.metrics.elapsed(),
        passes,
    })
}

fn verify_sources(plan: &Plan) -> Result<()> {
    plan.sources.iter().try_for_each(|source| source.verify())
}

/// Bytes of work: what the passes read and write, or compute where no file takes part.
fn work(plan: &Plan) -> u64 {
    plan.passes.iter().map(pass_work).sum()
}

fn pass_work(pass: &Pass) -> u64 {
    let files = pass.bytes_read + pass.bytes_written;
    if files > 0 { files } else { tile_work(pass, &pass.shape) }
}

/// The same for a tile of this shape.
pub fn tile_work(pass: &Pass, shape: &[usize]) -> u64 {
    let count = |shape: &[usize]| shape.iter().fold(1.0, |n, &len| n * len as f64);
    let files = pass.bytes_read + pass.bytes_written;
    if files > 0 {
        return (files as f64 * count(shape) / count(&pass.shape).max(1.0)) as u64;
    }
    (count(shape) * 8.0) as u64
}

/// What passes leave to later ones.
pub(crate) struct Held {
    /// Those in memory.
    pub buffers: Vec<Option<Arc<Buffer>>>,
    /// Bytes of those in scratch.
    in_scratch: Vec<u64>,
    /// The most bytes of scratch so far.
    scratch_peak: u64,
}

impl Held {
    pub fn none(plan: &Plan) -> Held {
        Held { buffers: vec![None; plan.held.len()], in_scratch: vec![0; plan.held.len()], scratch_peak: 0 }
    }

    /// Memory and scratch for what this pass leaves to later ones.
    fn allocate(&mut self, plan: &Plan, number: usize, reservation: &Reservation) -> Result<()> {
        self.allocate_memory(plan, number, reservation)?;
        for target in targets(&plan.passes[number]) {
            if let Target::Spilled(id) = target {
                spill(plan, id)?.open()?;
                self.in_scratch[id] = held_bytes(plan, id) as u64;
            }
        }
        self.scratch_peak = self.scratch_peak.max(self.in_scratch.iter().sum());
        Ok(())
    }

    /// The memory alone.
    pub fn allocate_memory(&mut self, plan: &Plan, number: usize, reservation: &Reservation) -> Result<()> {
        for target in targets(&plan.passes[number]) {
            if let Target::Held(id) = target {
                self.buffers[id] = Some(Arc::new(reservation.allocate(held_bytes(plan, id))?));
            }
        }
        Ok(())
    }

    /// Gives back what no later pass reads.
    pub fn release(&mut self, plan: &Plan, number: usize) {
        for (id, spec) in plan.held.iter().enumerate() {
            if spec.last_use <= number && number + 1 < plan.passes.len() {
                self.buffers[id] = None;
                self.in_scratch[id] = 0;
                spec.spill.iter().for_each(|spill| spill.close());
            }
        }
    }
}

fn held_bytes(plan: &Plan, id: usize) -> usize {
    let spec = &plan.held[id];
    spec.shape.iter().product::<usize>() * spec.dtype.size()
}

fn targets(pass: &Pass) -> impl Iterator<Item = Target> + '_ {
    pass.groups.iter().flat_map(|group| &group.ends).flat_map(|end| match end {
        End::Store(store) => store.targets.clone(),
        End::Reduce(reduce) => reduce.targets.clone(),
    })
}

/// How a result lies in its destination under the shape in which the plan computes it.
fn result_layout(shared: &Shared, number: usize, offset: i64) -> Layout {
    Layout { offset, ..shared.plan.layouts[number].clone() }
}

/// The scratch of a held result.
fn spill(plan: &Plan, id: usize) -> Result<&dyn Spill> {
    plan.held[id].spill.as_deref().ok_or_else(|| Error::internal("a held result has no scratch"))
}

/// The places of these targets.
pub fn places(shared: &Shared, targets: &[Target], held: &[Option<Arc<Buffer>>]) -> Vec<Place> {
    targets
        .iter()
        .filter_map(|target| match *target {
            Target::Held(id) => {
                let spec = &shared.plan.held[id];
                let layout = Layout::c_order(0, &spec.shape, spec.dtype.size());
                held[id].clone().map(|buffer| Place::Memory(buffer, layout))
            }
            Target::Spilled(id) => Some(Place::Scratch(id)),
            Target::Output(number) => Some(match &shared.destinations[number] {
                Destination::Memory(buffer, layout) => {
                    Place::Memory(buffer.clone(), result_layout(shared, number, layout.offset))
                }
                Destination::File(_) => Place::File(number),
            }),
        })
        .collect()
}

/// Writes a box of values, contiguous in C order, to a place.
///
/// # Safety
/// Nobody else touches the box's bytes of that place, and `values` holds the box.
pub unsafe fn deliver(
    shared: &Shared,
    place: &Place,
    start: &[usize],
    shape: &[usize],
    values: *const u8,
    item: usize,
) -> Result<()> {
    match place {
        Place::Memory(buffer, layout) => {
            let to = buffer.as_ptr().wrapping_offset(layout.byte_at(start) as isize);
            // SAFETY: the layout lies inside the buffer; the rest is the caller's promise.
            unsafe { numtile_kernel::builtin::copy::unpack(to, &layout.strides, values, item, None, shape) };
            Ok(())
        }
        Place::File(number) => {
            let Destination::File(sink) = &shared.destinations[*number] else { return Ok(()) };
            let layout = result_layout(shared, *number, sink.layout().offset);
            // SAFETY: the caller promises the box.
            unsafe { write(shared, &layout, start, shape, values, item, |at, run| sink.write_at(at, run)) }
        }
        Place::Scratch(id) => {
            let spill = spill(&shared.plan, *id)?;
            // SAFETY: the caller promises the box.
            unsafe { write(shared, spill.layout(), start, shape, values, item, |at, run| spill.write_at(at, run)) }
        }
    }
}

/// Writes a box of values, contiguous in C order, to a file or scratch that lies so.
///
/// # Safety
/// `values` holds the box.
unsafe fn write(
    shared: &Shared,
    layout: &Layout,
    start: &[usize],
    shape: &[usize],
    values: *const u8,
    item: usize,
    write_at: impl FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let count: usize = shape.iter().product();
    // SAFETY: by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(values, count * item) };
    write_box(layout, start, shape, bytes, item, write_at)?;
    shared.metrics.count_written(bytes.len() as u64);
    Ok(())
}

/// Writes a box to a C-ordered file in contiguous runs.
fn write_box(
    layout: &Layout,
    start: &[usize],
    shape: &[usize],
    bytes: &[u8],
    item: usize,
    mut write: impl FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut run_axis = shape.len();
    let mut run = item;
    while run_axis > 0 {
        run_axis -= 1;
        run *= shape[run_axis];
        if shape[run_axis] != layout.shape[run_axis] {
            break;
        }
    }
    let ones = PerAxis::from_elem(1, run_axis);
    let order: PerAxis<usize> = (0..run_axis).collect();
    let places = Grid::new(&shape[..run_axis], &ones, &order);
    for (number, run) in bytes.chunks_exact(run.max(1)).enumerate() {
        let mut at: PerAxis<usize> = start.into();
        for (at, offset) in at.iter_mut().zip(&places.region(number).start) {
            *at += offset;
        }
        write(layout.byte_at(&at) as u64, run)?;
    }
    Ok(())
}
