//! Rehearsals: the memory of a plan without its data.
//!
//! A rehearsal goes over the tiles of every pass and allocates the buffers that running it would, reads and writes nothing
//! and computes nothing. Partial results without contents go through the joins. It shows that the projection holds for tiles
//! as they really are. As many tiles as may be in flight are taken to be there, and small ones to be done first, the worst that
//! can come: each holds the more of what it reads and what it writes, as many as there are threads for that both, and what
//! assembling the inside of a block takes, which is allocated as projected, for it depends on data.
//!
//! Of passes with very many tiles some stretches are gone over, the first and the last ones among them. What would wait in
//! the joins when a stretch begins is put there first: which nodes those are follows from the number of its first tile.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use numtile_core::memory::{HUGE_PAGE, PAGE};
use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{Buffer, Error, Region, Reservation, Result};
use numtile_plan::physical::description::Rehearsed;
use numtile_plan::physical::memory::{READ_SCRATCH, block_need, is_file, worker_need};
use numtile_plan::physical::operand::{Base, Operand, OperandKind, with_fringe};
use numtile_plan::physical::pass::{Group, Pass, ReduceEnd, ReduceWalk, readers, reads_files};
use numtile_plan::physical::touched::progressions;
use numtile_plan::physical::{End, Limits, Plan, Walk};

use crate::admission::Admitted;
use crate::executor::Held;
use crate::join::{LocalJoin, Node, Shape, SharedJoin, State};

/// Tiles of a pass that are gone over at most.
pub const MOST_TILES: usize = 20_000;
/// Buffers and partial results that are made for a pass, about: fewer tiles are gone over where each takes many.
const MOST_PARTS: usize = 400_000;
/// Stretches of tiles where not all are gone over.
const STRETCHES: usize = 16;
/// How often the caller is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// Rehearses an admitted plan, pass by pass.
///
/// # Errors
/// `Internal` when the buffers exceed what is reserved, which would be a mistake in the projection; `Cancelled`.
pub fn rehearse(admitted: &Admitted, limits: &Limits, cancelled: &dyn Fn() -> bool) -> Result<Vec<Rehearsed>> {
    let Admitted { ready, reservation, .. } = admitted;
    let plan = &ready.plan;
    let mut held = Held::none(plan);
    let mut found = Vec::with_capacity(plan.passes.len());
    for (number, pass) in plan.passes.iter().enumerate() {
        held.allocate_memory(plan, number, reservation)?;
        let tiles = PassRehearsal::new(plan, pass, reservation, cancelled).run(limits)?;
        found.push(Rehearsed { tiles, peak: reservation.take_peak(), reserved: reservation.bytes() });
        held.release(plan, number);
    }
    Ok(found)
}

/// A pass being rehearsed.
struct PassRehearsal<'a> {
    plan: &'a Plan,
    pass: &'a Pass,
    grid: Grid,
    reservation: &'a Reservation,
    /// For each group that reduces: its partial results.
    trees: Vec<Option<Trees<'a>>>,
    cancelled: &'a dyn Fn() -> bool,
    asked: Instant,
}

/// Partial results of a group, one tree per block of kept elements and per end.
struct Trees<'a> {
    walk: &'a ReduceWalk,
    ends: Vec<&'a ReduceEnd>,
    /// Leaves along each reduced axis.
    counts: Vec<u64>,
    blocks: HashMap<PerAxis<usize>, Block>,
}

struct Block {
    joins: Vec<SharedJoin>,
    /// Trees whose root is still missing.
    open: usize,
}

/// A box of leaves: their numbers on each reduced axis.
type Leaves = Vec<Range<u64>>;
/// Which node it is: leaf numbers on the axes outside of its own, level and index there.
type Name = (PerAxis<u64>, u32, u64);
/// The partial results of a tile: for each end the nodes that could not be joined within it.
type Partial = Vec<Vec<Node>>;

/// A tile with what it holds.
struct InFlight {
    region: Region,
    /// Bytes of the buffers that it has all the time.
    bytes: usize,
    /// What it reads, and what it writes: the larger part.
    _kept: Vec<Buffer>,
    /// The other part, while it is computed.
    other: Vec<Buffer>,
    /// What assembling takes, while it is read.
    inside: Vec<Buffer>,
    /// For each group that reduces, its partial results.
    partial: Vec<Option<Partial>>,
}

impl<'a> PassRehearsal<'a> {
    fn new(
        plan: &'a Plan,
        pass: &'a Pass,
        reservation: &'a Reservation,
        cancelled: &'a dyn Fn() -> bool,
    ) -> PassRehearsal<'a> {
        PassRehearsal {
            plan,
            pass,
            grid: Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order),
            reservation,
            trees: pass.groups.iter().map(|group| Trees::of(group, &pass.shape)).collect(),
            cancelled,
            asked: Instant::now(),
        }
    }

    /// Goes over the tiles; returns how many it went over.
    fn run(&mut self, limits: &Limits) -> Result<usize> {
        let _scratch = self.scratch(limits)?;
        let mut walked = 0;
        for stretch in stretches(self.grid.len(), self.most_tiles()) {
            if stretch.start > 0 {
                self.wait_as_before(stretch.start)?;
            }
            walked += stretch.len();
            let mut in_flight: Vec<InFlight> = Vec::with_capacity(self.pass.slots);
            for number in stretch {
                self.check()?;
                if in_flight.len() >= self.pass.slots {
                    // The first one among the smallest.
                    let least = in_flight.iter().map(|tile| tile.bytes).min();
                    let done = in_flight.iter().position(|tile| Some(tile.bytes) == least).unwrap_or(0);
                    self.join(&mut in_flight.remove(done))?;
                }
                self.let_go(&mut in_flight, limits)?;
                in_flight.push(self.begin(number)?);
            }
            in_flight.iter_mut().rev().try_for_each(|tile| self.join(tile))?;
        }
        Ok(walked)
    }

    fn check(&mut self) -> Result<()> {
        if self.asked.elapsed() < TICK {
            return Ok(());
        }
        self.asked = Instant::now();
        if (self.cancelled)() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// How many tiles are few enough parts.
    fn most_tiles(&self) -> usize {
        if self.grid.is_empty() {
            return 0;
        }
        let first = self.grid.region(0);
        let nodes: usize = self.trees.iter().flatten().map(|trees| trees.parts_of(&first)).sum();
        let ends: usize = self.pass.groups.iter().map(|group| group.ends.len()).sum();
        let parts = nodes.saturating_add(self.pass.operands.len()).saturating_add(ends).max(1);
        (MOST_PARTS / parts).clamp(2 * STRETCHES, MOST_TILES)
    }

    /// What the threads hold all the time.
    fn scratch(&self, limits: &Limits) -> Result<Vec<Buffer>> {
        let pass = self.pass;
        let computing = worker_need(&pass.operands, &pass.groups) as usize;
        let is_reading = pass.operands.iter().any(reads_files);
        let readers = if is_reading { readers(pass, limits, pass.workers, pass.slots) } else { 0 };
        let sizes = std::iter::repeat_n(computing, pass.workers).chain(std::iter::repeat_n(READ_SCRATCH, readers));
        sizes.map(|bytes| self.reservation.allocate(bytes)).collect()
    }

    /// Makes room for another tile that is read and computed: there are only so many threads for that.
    fn let_go(&mut self, in_flight: &mut [InFlight], limits: &Limits) -> Result<()> {
        let (workers, slots) = (self.pass.workers, self.pass.slots);
        let leaves = |threads: usize| in_flight.len().saturating_sub(threads.saturating_sub(1));
        let (computed, read) = (leaves(workers), leaves(readers(self.pass, limits, workers, slots)));
        in_flight.iter_mut().take(read).for_each(|tile| tile.inside.clear());
        for tile in in_flight.iter_mut().take(computed) {
            tile.other.clear();
            self.join(tile)?;
        }
        Ok(())
    }

    /// A tile comes: it is read and computed.
    fn begin(&self, number: usize) -> Result<InFlight> {
        let region = self.grid.region(number);
        let (loads, inside) = self.loads(&region);
        let (loads, stores) = (self.buffers(loads)?, self.buffers(self.stores(&region))?);
        let reduced = self.trees.iter().map(|trees| {
            let Some(trees) = trees else { return Ok(None) };
            trees.reduce(&region, self.reservation).map(Some)
        });
        let partial = reduced.collect::<Result<_>>()?;
        let batons = self.pass.operands.iter().filter_map(Operand::relayed);
        let batons = batons
            .flat_map(|(scan, relay)| scan.baton(relay, scan.sequences(&region.shape)).pieces().collect::<Vec<_>>());
        let batons = self.buffers(batons.collect())?;
        let bytes = |buffers: &[Buffer]| buffers.iter().map(Buffer::len).sum::<usize>();
        let (mut kept, other) = if bytes(&loads) < bytes(&stores) { (stores, loads) } else { (loads, stores) };
        kept.extend(batons);
        let inside = self.buffers(inside)?;
        Ok(InFlight { region, bytes: bytes(&kept), _kept: kept, other, inside, partial })
    }

    fn buffers(&self, sizes: Vec<usize>) -> Result<Vec<Buffer>> {
        sizes.into_iter().filter(|&bytes| bytes > 0).map(|bytes| self.reservation.allocate(bytes)).collect()
    }

    /// The partial results of a tile that is computed join those of others.
    fn join(&mut self, tile: &mut InFlight) -> Result<()> {
        for (trees, partial) in self.trees.iter_mut().zip(&mut tile.partial) {
            if let (Some(trees), Some(partial)) = (trees, partial.take()) {
                trees.push(&tile.region, partial, self.reservation)?;
            }
        }
        Ok(())
    }

    /// Bytes of the buffers into which a tile is read or assembled, and of what is there meanwhile for one of them.
    fn loads(&self, region: &Region) -> (Vec<usize>, Vec<usize>) {
        let loaded: Vec<[usize; 2]> = self.pass.operands.iter().map(|operand| loaded(operand, region)).collect();
        let inside = loaded.iter().map(|&[_, inside]| inside).max();
        (loaded.iter().map(|&[buffer, _]| buffer).collect(), inside.into_iter().collect())
    }

    /// Bytes of the buffers of values on their way to files, and of those to copy values to second places.
    fn stores(&self, region: &Region) -> Vec<usize> {
        let mut sizes = Vec::new();
        for end in self.pass.groups.iter().flat_map(|group| &group.ends) {
            let End::Store(store) = end else { continue };
            let goes_to_a_file = is_file(&store.targets[..1.min(store.targets.len())], &self.plan.outputs);
            let buffers = usize::from(goes_to_a_file) + usize::from(store.targets.len() > 1);
            sizes.extend(std::iter::repeat_n(region.count() * store.dtype.size(), buffers));
        }
        sizes
    }

    /// Puts into the joins what waits there when all tiles before this one are done.
    fn wait_as_before(&mut self, tile: usize) -> Result<()> {
        for number in 0..self.trees.len() {
            self.check()?;
            if let Some(trees) = &mut self.trees[number] {
                trees.wait_as_before(&self.grid, &self.pass.tiling.order, tile, self.reservation)?;
            }
        }
        Ok(())
    }
}

/// The stretches of tiles to go over: all, or so many spread over the grid.
fn stretches(tiles: usize, most: usize) -> Vec<Range<usize>> {
    if tiles <= most {
        return std::iter::once(0..tiles).collect();
    }
    let length = most / STRETCHES;
    let start = |number: usize| ((tiles - length) as u128 * number as u128 / (STRETCHES - 1) as u128) as usize;
    (0..STRETCHES).map(|number| start(number)..start(number) + length).collect()
}

/// Bytes of the buffer of an operand for a tile, and of what assembling it takes beside that.
fn loaded(operand: &Operand, region: &Region) -> [usize; 2] {
    let elements = |strides: &[i64], lengths: &[usize]| -> usize {
        progressions(strides, lengths).iter().map(|part| part.length).product()
    };
    match &operand.kind {
        OperandKind::Strided { base: Base::File(_), layout } => {
            [elements(&layout.strides, &region.shape) * operand.dtype.size(), 0]
        }
        OperandKind::Records { layout, bytes, extra, .. } => {
            [elements(&layout.strides, &with_fringe(&region.shape, extra)) * bytes, 0]
        }
        OperandKind::Block { block, view, extra } => {
            let reach = Region { start: region.start.clone(), shape: with_fringe(&region.shape, extra) };
            let needed = view.image(&reach);
            let need = block_need(block, &needed.shape);
            let (bytes, inside) = (unrounded(need.held as usize), need.inside as usize);
            [bytes, unrounded(inside)]
        }
        _ => [0, 0],
    }
}

/// A sum of rounded sizes as one buffer, which must not be rounded up again.
fn unrounded(bytes: usize) -> usize {
    if bytes >= HUGE_PAGE { bytes / (16 * PAGE) * (16 * PAGE) } else { bytes }
}

impl<'a> Trees<'a> {
    fn of(group: &'a Group, shape: &[usize]) -> Option<Trees<'a>> {
        let Walk::Reduce(walk) = &group.walk else { return None };
        let ends = group.ends.iter().filter_map(|end| match end {
            End::Reduce(reduce) => Some(reduce),
            End::Store(_) => None,
        });
        let counts = walk.axes.iter().zip(&walk.edges).map(|(&axis, &edge)| shape[axis].div_ceil(edge) as u64);
        Some(Trees { walk, ends: ends.collect(), counts: counts.collect(), blocks: HashMap::new() })
    }

    /// About how many partial results a tile has on its way.
    fn parts_of(&self, region: &Region) -> usize {
        let (before, _) = self.last_leaf(region);
        let nodes = |leaves: &Leaves| rows_of(leaves, &self.counts).saturating_mul(8);
        before.iter().map(nodes).fold(1, usize::saturating_add).saturating_mul(self.ends.len())
    }

    fn kept(&self, lengths: &[usize]) -> PerAxis<usize> {
        self.walk.kept.iter().map(|&axis| lengths[axis]).collect()
    }

    /// The leaves of a tile, joined as far as they can be within it. Those before the last one have been: most nodes are
    /// there when one is missing.
    fn reduce(&self, region: &Region, reservation: &Reservation) -> Result<Partial> {
        let kept = self.kept(&region.shape).iter().product();
        let mut joins: Vec<LocalJoin> = self.ends.iter().map(|_| LocalJoin::default()).collect();
        let (before, last) = self.last_leaf(region);
        let before = before.iter().flat_map(|leaves| nodes_of(leaves, &self.counts));
        for (outer, level, index) in before.chain(std::iter::once(last)) {
            for (state, join) in self.states(kept, reservation)?.into_iter().zip(&mut joins) {
                join.push(Node::inner(&outer, level, index, state), &self.shape(kept));
            }
        }
        Ok(joins.into_iter().map(LocalJoin::into_nodes).collect())
    }

    /// The last leaf of a tile, and boxes of those before it in order.
    fn last_leaf(&self, region: &Region) -> (Vec<Leaves>, Name) {
        let mut leaves: Leaves = (self.walk.axes.iter().zip(&self.walk.edges))
            .map(|(&axis, &edge)| (region.start[axis] / edge) as u64..region.end(axis).div_ceil(edge) as u64)
            .collect();
        let mut before = Vec::new();
        for axis in 0..leaves.len() {
            let last = leaves[axis].end - 1;
            if leaves[axis].start < last {
                leaves[axis].end = last;
                before.push(leaves.clone());
            }
            leaves[axis] = last..last + 1;
        }
        let mut numbers: PerAxis<u64> = leaves.iter().map(|range| range.start).collect();
        let index = numbers.pop().unwrap_or(0);
        (before, (numbers, 0, index))
    }

    fn states(&self, kept: usize, reservation: &Reservation) -> Result<Vec<State>> {
        self.ends.iter().map(|end| State::new(end.accumulator.state_bytes(kept as u64) as usize, reservation)).collect()
    }

    fn shape(&self, kept: usize) -> Shape<'_> {
        Shape { accumulator: None, counts: &self.counts, kept }
    }

    /// Joins the nodes of a tile with those of others; results of complete trees are there for a moment.
    fn push(&mut self, region: &Region, partial: Partial, reservation: &Reservation) -> Result<()> {
        let (start, kept) = (self.kept(&region.start), self.kept(&region.shape).iter().product());
        for (end, nodes) in partial.into_iter().enumerate() {
            for node in nodes {
                self.push_one(&start, kept, end, node, reservation)?;
            }
        }
        Ok(())
    }

    fn push_one(
        &mut self,
        start: &PerAxis<usize>,
        kept: usize,
        end: usize,
        node: Node,
        reservation: &Reservation,
    ) -> Result<()> {
        let ends = self.ends.len();
        let fresh = || Block { joins: (0..ends).map(|_| SharedJoin::default()).collect(), open: ends };
        let block = self.blocks.entry(start.clone()).or_insert_with(fresh);
        let shape = Shape { accumulator: None, counts: &self.counts, kept };
        if let Some(_root) = block.joins[end].push(node, &shape) {
            State::new(kept * self.walk.groups() * self.ends[end].dtype.size(), reservation)?;
            block.open -= 1;
            if block.open == 0 {
                self.blocks.remove(start);
            }
        }
        Ok(())
    }

    /// Puts into the joins what waits there when all tiles before this one are done, and nothing else.
    fn wait_as_before(&mut self, grid: &Grid, order: &[usize], tile: usize, reservation: &Reservation) -> Result<()> {
        self.blocks.clear();
        let (shape, lengths) = (grid.shape().to_vec(), grid.tile().to_vec());
        let first = grid.region(tile);
        let at: PerAxis<usize> = first.start.iter().zip(&lengths).map(|(&start, &length)| start / length).collect();
        for kept in self.open_blocks(grid, order, &at) {
            let start: PerAxis<usize> =
                self.walk.kept.iter().zip(&kept).map(|(&axis, &number)| number * lengths[axis]).collect();
            let elements =
                self.walk.kept.iter().zip(&start).map(|(&axis, &start)| lengths[axis].min(shape[axis] - start));
            let elements: usize = elements.product();
            for done in self.done_before(grid, order, &at, &kept) {
                for (outer, level, index) in nodes_of(&done, &self.counts) {
                    for (end, state) in self.states(elements, reservation)?.into_iter().enumerate() {
                        let node = Node::inner(&outer, level, index, state);
                        self.push_one(&start, elements, end, node, reservation)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The blocks of kept elements, by the numbers of their tiles on the kept axes, that may be begun and not complete
    /// when the tile `at` comes: they agree with it on the axes outside of all reduced ones that are cut.
    fn open_blocks(&self, grid: &Grid, order: &[usize], at: &[usize]) -> Vec<PerAxis<usize>> {
        let outermost = order.iter().position(|axis| self.walk.axes.contains(axis) && grid.boxes(*axis) > 1);
        let Some(outermost) = outermost else { return Vec::new() };
        let (outside, inside) = order.split_at(outermost);
        let choices: PerAxis<usize> =
            (self.walk.kept.iter()).map(|axis| if inside.contains(axis) { grid.boxes(*axis) } else { 1 }).collect();
        let ones = PerAxis::from_elem(1, choices.len());
        let natural: PerAxis<usize> = (0..choices.len()).collect();
        let all = Grid::new(&choices, &ones, &natural);
        let fixed = |axis: &usize| if outside.contains(axis) { at[*axis] } else { 0 };
        (0..all.len())
            .map(|number| {
                self.walk.kept.iter().zip(&all.region(number).start).map(|(axis, n)| n + fixed(axis)).collect()
            })
            .collect()
    }

    /// The leaves of a block of kept elements that are done when the tile `at` comes: ranges on the reduced axes.
    fn done_before(&self, grid: &Grid, order: &[usize], at: &[usize], kept: &[usize]) -> Vec<Leaves> {
        let mut done = Vec::new();
        // Numbers of tiles on the reduced axes; those of axes not met yet are free.
        let mut ranges: Vec<Range<usize>> = self.walk.axes.iter().map(|&axis| 0..grid.boxes(axis)).collect();
        for &axis in order {
            if let Some(j) = self.walk.axes.iter().position(|&reduced| reduced == axis) {
                if at[axis] > 0 {
                    ranges[j] = 0..at[axis];
                    done.push(self.leaves(grid, &ranges));
                }
                ranges[j] = at[axis]..at[axis] + 1;
            } else if let Some(k) = self.walk.kept.iter().position(|&other| other == axis) {
                if kept[k] < at[axis] {
                    done.push(self.leaves(grid, &ranges));
                }
                if kept[k] != at[axis] {
                    break;
                }
            }
        }
        done
    }

    fn leaves(&self, grid: &Grid, tiles: &[Range<usize>]) -> Leaves {
        let leaf = |j: usize, tile: usize| {
            let axis = self.walk.axes[j];
            (tile * grid.tile()[axis]).min(grid.shape()[axis]).div_ceil(self.walk.edges[j]) as u64
        };
        tiles.iter().enumerate().map(|(j, tiles)| leaf(j, tiles.start)..leaf(j, tiles.end)).collect()
    }
}

/// The last of the reduced axes of which a box has only a part.
fn partial_axis(leaves: &[Range<u64>], counts: &[u64]) -> Option<usize> {
    (0..leaves.len()).rev().find(|&j| leaves[j] != (0..counts[j]))
}

/// How many rows of leaves a box has, each with some nodes.
fn rows_of(leaves: &[Range<u64>], counts: &[u64]) -> usize {
    let rows = partial_axis(leaves, counts).map_or(&leaves[..0], |axis| &leaves[..axis]);
    rows.iter().fold(1, |n, range| n.saturating_mul((range.end - range.start) as usize))
}

/// The fewest nodes that cover a box of leaves: the outer leaf numbers, level and index of each. A whole tree waits for
/// nothing and has none.
fn nodes_of(leaves: &[Range<u64>], counts: &[u64]) -> Vec<Name> {
    let Some(axis) = partial_axis(leaves, counts) else { return Vec::new() };
    let lengths: PerAxis<usize> = leaves[..axis].iter().map(|range| (range.end - range.start) as usize).collect();
    let ones = PerAxis::from_elem(1, axis);
    let order: PerAxis<usize> = (0..axis).collect();
    let rows = Grid::new(&lengths, &ones, &order);
    let mut nodes = Vec::new();
    for row in 0..rows.len() {
        let outer: PerAxis<u64> =
            rows.region(row).start.iter().zip(leaves).map(|(&n, range)| range.start + n as u64).collect();
        let mut at = leaves[axis].start;
        while at < leaves[axis].end {
            let level = at.trailing_zeros().min((leaves[axis].end - at).ilog2());
            nodes.push((outer.clone(), level, at >> level));
            at += 1 << level;
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_cover_both_ends_and_do_not_overlap() {
        assert_eq!(stretches(100, 100), std::iter::once(0..100).collect::<Vec<_>>());
        assert!(stretches(0, 100).iter().all(Range::is_empty));
        for tiles in [1601, 20_000, usize::MAX / 2] {
            let found = stretches(tiles, 1600);
            assert_eq!((found.len(), found[0].start, found[STRETCHES - 1].end), (STRETCHES, 0, tiles));
            assert!(found.iter().all(|stretch| stretch.len() == 100));
            assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }

    #[test]
    fn nodes_cover_their_leaves_once() {
        for (start, end) in [(0, 1), (0, 13), (3, 13), (5, 6), (8, 16)] {
            let mut covered = Vec::new();
            for (outer, level, index) in nodes_of(&[2..4, start..end], &[7, 16]) {
                covered.extend((index << level..(index + 1) << level).map(|leaf| (outer[0], leaf)));
            }
            covered.sort_unstable();
            let want: Vec<(u64, u64)> = (2..4).flat_map(|row| (start..end).map(move |leaf| (row, leaf))).collect();
            assert_eq!(covered, want);
        }
        assert_eq!(nodes_of(&[2..4, 0..16], &[7, 16]).len(), 1, "rows that are complete are leaves of the axis before");
        assert!(nodes_of(&[0..7, 0..16], &[7, 16]).is_empty());
    }
}
