//! The tiles of one pass on their way through reading, computing and writing.
//!
//! At most `slots` tiles are in flight. A tile is read on an I/O thread, waits until one of the pass's workers is free,
//! is computed, and if it goes to a file is written on an I/O thread again. Whoever finishes a tile starts the next, so
//! nobody waits except the caller, who looks for cancellation meanwhile. Functions of the user's are called by threads
//! that compute, which then read too: these functions may take long, and reading must go on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use numtile_core::region::Grid;
use numtile_core::shape::{PerAxis, c_strides};
use numtile_core::{Buffer, Error, Region, Result};
use numtile_plan::physical::memory::{PAST_CACHES, group_scratch, worker_need};
use numtile_plan::physical::pass::{Group, Pass, ReduceEnd, ReduceWalk, StoreEnd};
use numtile_plan::physical::{Accumulator, End, Walk};

use crate::executor::{Control, Place, Shared, deliver, places, tile_work};
use crate::join::{Node, Shape, SharedJoin, State};
use crate::metrics::Progress;
use crate::nested;
use crate::scheduler::{Jobs, Scheduler};
use crate::team::{TICK, Work, message, share};
use crate::tile::frame::Frame;
use crate::tile::load::{Loaded, load};
use crate::tile::relay::{self, Baton};
use crate::tile::store::{Outlet, store};
use crate::tile::strips::Arena;
use crate::tile::{Env, reduce};

/// Tiles of more bytes are left to others, so that the calling thread can look for cancellation.
const SHARED_TILE_BYTES: u64 = 4 << 20;
/// Work below this many bytes is done by the calling thread: starting others would take longer.
const INLINE_BYTES: u64 = 256 << 10;

/// One pass being run.
struct Flow {
    shared: Arc<Shared>,
    number: usize,
    held: Vec<Option<Arc<Buffer>>>,
    grid: Grid,
    jobs: Jobs,
    /// For each group that reduces: its partial results.
    reductions: Vec<Option<Reductions>>,
    /// Tiles taken by workers that read nothing.
    next: AtomicUsize,
    state: Mutex<Status>,
    relay: Mutex<RelayState>,
}

#[derive(Default)]
struct Status {
    /// The next tile to admit.
    next: usize,
    in_flight: usize,
    workers: usize,
    ready: VecDeque<(usize, Vec<Loaded>)>,
    error: Option<Error>,
}

/// Running values on their way from tile to tile.
#[derive(Default)]
struct RelayState {
    /// By operand, and by where the tiles are on the other axes.
    batons: HashMap<(usize, PerAxis<usize>), Baton>,
    /// Tiles that were read before the one in front of them had handed over.
    early: HashMap<usize, Vec<Loaded>>,
    /// Tiles that handed over before the one behind them was read.
    passed: HashSet<usize>,
}

/// Partial results of a group: one tree per block of kept elements and per end.
struct Reductions {
    /// Leaves along each reduced axis.
    counts: Vec<u64>,
    blocks: Mutex<HashMap<PerAxis<usize>, Arc<Block>>>,
}

/// The trees of one block of kept elements, one per end.
struct Block {
    joins: Vec<SharedJoin>,
    /// Trees whose root is still missing.
    open: AtomicUsize,
}

/// A tile's values on their way to a file.
struct Outgoing {
    values: Buffer,
    place: Place,
    item: usize,
}

/// Runs pass `number` of the plan to its end.
pub fn run(
    shared: &Arc<Shared>,
    number: usize,
    held: &[Option<Arc<Buffer>>],
    scheduler: &Arc<Scheduler>,
    control: &Control<'_>,
) -> Result<()> {
    let pass = &shared.plan.passes[number];
    let grid = Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order);
    let flow = Arc::new(Flow {
        shared: shared.clone(),
        number,
        held: held.to_vec(),
        reductions: pass.groups.iter().map(|group| Reductions::of(group, &pass.shape)).collect(),
        grid,
        jobs: Jobs::new(scheduler.clone()),
        next: AtomicUsize::new(0),
        state: Mutex::default(),
        relay: Mutex::default(),
    });
    if flow.grid.is_empty() {
        return flow.nothing_to_read();
    }
    // Tiles that hand over to one another are computed in order, here or as they are read.
    let is_short = tile_work(pass, &pass.shape) <= INLINE_BYTES || pass.relay.is_some();
    if nested::is_inside() || !pass.streams && is_short {
        flow.work_alone(control);
        return flow.outcome();
    }
    if pass.streams {
        flow.admit()
    } else if !pass.calls && tile_work(pass, &pass.tiling.tile) <= SHARED_TILE_BYTES {
        return share(flow, pass.workers, scheduler, control);
    } else {
        flow.start_workers()
    }
    flow.wait(control)
}

impl Flow {
    fn pass(&self) -> &Pass {
        &self.shared.plan.passes[self.number]
    }

    fn env(&self) -> Env<'_> {
        Env {
            held: &self.held,
            memory: &self.shared.memory,
            reservation: &self.shared.reservation,
            metrics: &self.shared.metrics,
            stop: &self.shared.stop,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outcome(&self) -> Result<()> {
        match self.lock().error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Waits for the last tile, telling progress and looking for cancellation.
    fn wait(&self, control: &Control<'_>) -> Result<()> {
        while !self.jobs.wait(TICK) {
            (control.progress)(&self.progress());
            if (control.cancelled)() {
                self.fail(Error::Cancelled);
            }
        }
        self.outcome()
    }

    /// Keeps the first error and stops everything.
    fn fail(&self, error: Error) {
        let mut state = self.lock();
        state.error.get_or_insert(error);
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Runs a part of the work so that a panic, which would be a defect, becomes an error and not a hang.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(Error::internal(format!("a worker panicked: {}", message(&*panic)))));
        outcome.map_err(|error| self.fail(error)).ok()
    }

    // ---- passes that only touch memory -------------------------------------------------------------------------

    fn start_workers(self: &Arc<Self>) {
        for _ in 0..self.pass().workers.min(self.grid.len()) {
            let flow = self.clone();
            self.jobs.compute(move || flow.work_in_memory());
        }
    }

    fn work_in_memory(&self) {
        self.guarded(|| self.take_tiles(&|| false));
    }

    /// The same by the calling thread, for a pass of any kind.
    fn work_alone(&self, control: &Control<'_>) {
        self.guarded(|| self.take_tiles(control.cancelled));
    }

    /// Deals with one tile after the other until none is left.
    fn take_tiles(&self, cancelled: &dyn Fn() -> bool) -> Result<()> {
        let mut arena = self.arena()?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.grid.len() {
                return Ok(());
            }
            if number > 0 && cancelled() {
                return Err(Error::Cancelled);
            }
            self.tile_in_memory(number, &mut arena)?;
        }
    }

    fn tile_in_memory(&self, number: usize, arena: &mut Arena) -> Result<()> {
        let region = self.grid.region(number);
        let started = Instant::now();
        let loaded = load(&self.pass().operands, &region, self.env())?;
        let loaded = self.relayed(&region, loaded, || ())?;
        let outgoing = self.compute(&region, loaded, arena)?;
        self.shared.metrics.computed_since(started);
        self.deliver_all(&region, &outgoing)?;
        self.count(&region);
        Ok(())
    }

    // ---- passes that read or write files -----------------------------------------------------------------------

    /// Admits tiles while there are slots.
    fn admit(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            if state.error.is_some() || state.next >= self.grid.len() || state.in_flight >= self.pass().slots {
                break;
            }
            let number = state.next;
            state.next += 1;
            state.in_flight += 1;
            drop(state);
            let flow = self.clone();
            let read = move || flow.read(number);
            if self.pass().calls { self.jobs.compute(read) } else { self.jobs.io(read) }
        }
    }

    fn read(self: &Arc<Self>, number: usize) {
        let loaded = self.guarded(|| {
            self.env().check()?;
            let started = Instant::now();
            let loaded = load(&self.pass().operands, &self.grid.region(number), self.env());
            self.shared.metrics.read_since(started);
            loaded
        });
        let Some(loaded) = loaded else { return self.finish() };
        if let Some(loaded) = self.in_turn(number, loaded) {
            self.make_ready(number, loaded);
        }
    }

    /// A tile that can be computed goes to a worker.
    fn make_ready(self: &Arc<Self>, number: usize, loaded: Vec<Loaded>) {
        let mut state = self.lock();
        state.ready.push_back((number, loaded));
        if state.workers < self.pass().workers {
            state.workers += 1;
            drop(state);
            let flow = self.clone();
            self.jobs.compute(move || flow.work_on_ready());
        }
    }

    fn work_on_ready(self: &Arc<Self>) {
        let mut arena = self.guarded(|| self.arena());
        loop {
            let mut state = self.lock();
            let Some((number, loaded)) = state.ready.pop_front() else {
                // Whoever comes in this worker's place needs its memory.
                drop(arena);
                state.workers -= 1;
                return;
            };
            drop(state);
            let region = self.grid.region(number);
            let started = Instant::now();
            let outgoing = match &mut arena {
                Some(arena) => self.guarded(|| {
                    let loaded = self.relayed(&region, loaded, || self.hand_over(number))?;
                    self.compute(&region, loaded, arena)
                }),
                None => None,
            };
            self.shared.metrics.computed_since(started);
            match outgoing {
                Some(outgoing) if !outgoing.is_empty() => {
                    let flow = self.clone();
                    self.jobs.io(move || flow.write(&region, outgoing));
                }
                _ => {
                    self.count(&region);
                    self.finish();
                }
            }
        }
    }

    fn write(self: &Arc<Self>, region: &Region, outgoing: Vec<Outgoing>) {
        let started = Instant::now();
        self.guarded(|| self.deliver_all(region, &outgoing));
        self.shared.metrics.wrote_since(started);
        drop(outgoing);
        self.count(region);
        self.finish();
    }

    /// Writes a tile to the files that it goes to.
    fn deliver_all(&self, region: &Region, outgoing: &[Outgoing]) -> Result<()> {
        for out in outgoing {
            self.env().check()?;
            // SAFETY: the buffer holds the tile's values in C order, and tiles do not overlap.
            unsafe {
                deliver(&self.shared, &out.place, &region.start, &region.shape, out.values.as_ptr(), out.item)?;
            }
        }
        Ok(())
    }

    /// A tile is done, for better or worse.
    fn finish(self: &Arc<Self>) {
        self.lock().in_flight -= 1;
        self.admit();
    }

    fn count(&self, region: &Region) {
        self.shared.metrics.count_done(tile_work(self.pass(), &region.shape));
    }

    // ---- running values that tiles hand to one another -----------------------------------------------------------

    fn relay(&self) -> MutexGuard<'_, RelayState> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A tile that was read, if it need not wait for the one in front of it.
    fn in_turn(&self, number: usize, loaded: Vec<Loaded>) -> Option<Vec<Loaded>> {
        let follows = self.pass().relay.is_some_and(|axis| self.grid.region(number).start[axis] > 0);
        if !follows {
            return Some(loaded);
        }
        let mut relay = self.relay();
        if relay.passed.remove(&(number - 1)) {
            return Some(loaded);
        }
        relay.early.insert(number, loaded);
        None
    }

    /// Makes running values of what a tile has read; `hand_over` is called when the next tile can do so.
    fn relayed(&self, region: &Region, loaded: Vec<Loaded>, hand_over: impl Fn()) -> Result<Vec<Loaded>> {
        let pass = self.pass();
        let Some(axis) = pass.relay else { return Ok(loaded) };
        let is_last = region.end(axis) == pass.shape[axis];
        for (number, (operand, loaded)) in pass.operands.iter().zip(&loaded).enumerate() {
            if let (Some((scan, how)), Loaded::Unscanned(tile)) = (operand.relayed(), loaded) {
                let mut place = region.start.clone();
                place[axis] = 0;
                let baton = self.relay().batons.remove(&(number, place.clone()));
                let baton = relay::pass_on(scan, how, region, tile, baton, self.env())?;
                if !is_last {
                    self.relay().batons.insert((number, place), baton);
                }
            }
        }
        hand_over();
        let finished = pass.operands.iter().zip(loaded).map(|(operand, loaded)| match (operand.relayed(), loaded) {
            (Some((scan, _)), Loaded::Unscanned(tile)) => relay::finish(scan, region, tile, self.env()),
            (_, loaded) => Ok(loaded),
        });
        finished.collect()
    }

    /// The tile behind this one can be computed.
    fn hand_over(self: &Arc<Self>, number: usize) {
        let Some(axis) = self.pass().relay else { return };
        if self.grid.region(number).end(axis) == self.pass().shape[axis] {
            return;
        }
        let mut relay = self.relay();
        match relay.early.remove(&(number + 1)) {
            Some(loaded) => {
                drop(relay);
                self.make_ready(number + 1, loaded);
            }
            None => {
                relay.passed.insert(number);
            }
        }
    }

    // ---- one tile ----------------------------------------------------------------------------------------------

    fn arena(&self) -> Result<Arena> {
        let pass = self.pass();
        Arena::new(worker_need(&pass.operands, &pass.groups) as usize, &self.shared.reservation)
    }

    /// Runs every group on a tile; what goes to files comes back.
    fn compute(&self, region: &Region, loaded: Vec<Loaded>, arena: &mut Arena) -> Result<Vec<Outgoing>> {
        let pass = self.pass();
        let mut outgoing = Vec::new();
        for (group, reductions) in pass.groups.iter().zip(&self.reductions) {
            debug_assert!(group_scratch(&pass.operands, group) <= worker_need(&pass.operands, &pass.groups));
            let frame = Frame::new(&pass.operands, &loaded, region, self.env())?;
            arena.reset(0);
            match (&group.walk, reductions) {
                (Walk::Reduce(walk), Some(reductions)) => self.reduce(frame, group, walk, reductions, region, arena)?,
                _ => outgoing.extend(self.store(frame, group, region, arena)?),
            }
        }
        Ok(outgoing)
    }

    fn store(&self, frame: Frame<'_>, group: &Group, region: &Region, arena: &mut Arena) -> Result<Vec<Outgoing>> {
        let mut outlets = Vec::new();
        let mut outgoing = Vec::new();
        let mut copies = Vec::new();
        for store in stores(group) {
            let item = store.dtype.size();
            let mut places = places(&self.shared, &store.targets, &self.held).into_iter();
            let Some(first) = places.next() else { continue };
            outlets.push(match &first {
                Place::Memory(buffer, layout) => Outlet {
                    start: buffer.as_ptr().wrapping_offset(layout.byte_at(&region.start) as isize),
                    strides: layout.strides.clone(),
                    item,
                    is_large: buffer.len() >= PAST_CACHES && store.targets.len() == 1,
                },
                Place::File(_) | Place::Scratch(_) => {
                    let values = self.shared.reservation.allocate(region.count() * item)?;
                    let strides = c_strides(&region.shape).iter().map(|&step| (step * item as isize) as i64).collect();
                    let outlet = Outlet { start: values.as_ptr(), strides, item, is_large: false };
                    outgoing.push(Outgoing { values, place: first.clone(), item });
                    outlet
                }
            });
            copies.extend(places.map(|place| (outlets.len() - 1, place, item)));
        }
        // SAFETY: tiles do not overlap, so this tile's places in the results are ours; buffers are new.
        unsafe { store(frame, &group.fragment, outlets.clone(), group.strip, arena, self.env())? };
        for (from, place, item) in copies {
            self.copy(&outlets[from], &place, region, item)?;
        }
        Ok(outgoing)
    }

    /// The same values to a second place.
    fn copy(&self, outlet: &Outlet, place: &Place, region: &Region, item: usize) -> Result<()> {
        let packed = self.shared.reservation.allocate(region.count() * item)?;
        // SAFETY: the outlet's places hold this tile's values; the buffer has room for them; the second place's are
        // ours as the first's were.
        unsafe {
            let (from, strides) = (outlet.start, &outlet.strides);
            numtile_kernel::builtin::copy::pack(packed.as_ptr(), from, item, None, &region.shape, strides);
            deliver(&self.shared, place, &region.start, &region.shape, packed.as_ptr(), item)
        }
    }

    fn reduce(
        &self,
        frame: Frame<'_>,
        group: &Group,
        walk: &ReduceWalk,
        reductions: &Reductions,
        region: &Region,
        arena: &mut Arena,
    ) -> Result<()> {
        let space = &self.pass().shape;
        let partial = reduce::reduce(&frame, group, region, space, &reductions.counts, arena, self.env())?;
        let kept = Region {
            start: walk.kept.iter().map(|&axis| region.start[axis]).collect(),
            shape: walk.kept.iter().map(|&axis| region.shape[axis]).collect(),
        };
        let block = reductions.block(&kept.start, partial.len());
        for ((end, join), nodes) in reduces(group).zip(&block.joins).zip(partial) {
            let tree = Shape { accumulator: Some(&end.accumulator), counts: &reductions.counts, kept: kept.count() };
            for node in nodes {
                if let Some(root) = join.push(node, &tree) {
                    self.finalize(end, walk, &kept, Some(root))?;
                    reductions.close_one(&kept.start, &block);
                }
            }
        }
        Ok(())
    }

    /// Turns the accumulators of a box of kept elements into results and delivers them.
    fn finalize(&self, end: &ReduceEnd, walk: &ReduceWalk, kept: &Region, root: Option<Node>) -> Result<()> {
        let elements: u64 = walk.axes.iter().map(|&axis| self.pass().shape[axis] as u64).product();
        let item = end.dtype.size();
        let results = walk.results(kept);
        let mut values = State::new(results.count() * item, &self.shared.reservation)?;
        let states = root.as_ref().map(|root| root.state().as_ptr());
        // SAFETY: the root holds accumulators of all kept elements of the block (none are needed for an empty set),
        // and `values` has room for their results.
        unsafe {
            match &end.accumulator {
                Accumulator::Whole(reducer) => {
                    let states = states.unwrap_or(std::ptr::null());
                    reducer.finalize(states, kept.count(), elements, values.as_mut_ptr());
                }
                Accumulator::Grouped(grouper) => {
                    let behind = kept.shape[walk.axes[0]..].iter().product();
                    grouper.finalize(states, kept.count(), behind, values.as_mut_ptr())?;
                }
            }
        }
        for place in places(&self.shared, &end.targets, &self.held) {
            // SAFETY: blocks of kept elements do not overlap.
            unsafe { deliver(&self.shared, &place, &results.start, &results.shape, values.as_ptr(), item)? };
        }
        Ok(())
    }

    /// Reductions of nothing still have results.
    fn nothing_to_read(&self) -> Result<()> {
        for group in &self.pass().groups {
            let Walk::Reduce(walk) = &group.walk else { continue };
            let kept: PerAxis<usize> = walk.kept.iter().map(|&axis| self.pass().shape[axis]).collect();
            // So many that their results need no room in the pool, or as few as a tile has at least.
            let boxes = crate::tile::strips::batches(&kept, 128 / walk.groups());
            for end in reduces(group) {
                for number in 0..boxes.len() {
                    self.finalize(end, walk, &boxes.region(number), None)?;
                }
            }
        }
        Ok(())
    }
}

/// Passes that only touch memory, tile by tile.
impl Work for Flow {
    type Desk = Arena;

    fn pieces(&self) -> usize {
        self.grid.len()
    }

    fn desk(&self) -> Result<Arena> {
        self.arena()
    }

    fn piece(&self, arena: &mut Arena, number: usize) -> Result<()> {
        self.tile_in_memory(number, arena)
    }

    fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    fn progress(&self) -> Progress {
        self.shared.metrics.progress(self.shared.plan.projected_peak)
    }
}

impl Reductions {
    fn of(group: &Group, shape: &[usize]) -> Option<Reductions> {
        let Walk::Reduce(walk) = &group.walk else { return None };
        let counts =
            walk.axes.iter().zip(&walk.edges).map(|(&axis, &edge)| shape[axis].div_ceil(edge) as u64).collect();
        Some(Reductions { counts, blocks: Mutex::default() })
    }

    fn block(&self, start: &PerAxis<usize>, ends: usize) -> Arc<Block> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let joins = (0..ends).map(|_| SharedJoin::default()).collect();
            Arc::new(Block { joins, open: AtomicUsize::new(ends) })
        };
        blocks.entry(start.clone()).or_insert_with(fresh).clone()
    }

    /// Forgets a block when the last of its trees is complete.
    fn close_one(&self, start: &PerAxis<usize>, block: &Block) {
        if block.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.blocks.lock().unwrap_or_else(PoisonError::into_inner).remove(start);
        }
    }
}

fn stores(group: &Group) -> impl Iterator<Item = &StoreEnd> {
    group.ends.iter().filter_map(|end| match end {
        End::Store(store) => Some(store),
        End::Reduce(_) => None,
    })
}

fn reduces(group: &Group) -> impl Iterator<Item = &ReduceEnd> {
    group.ends.iter().filter_map(|end| match end {
        End::Reduce(reduce) => Some(reduce),
        End::Store(_) => None,
    })
}
