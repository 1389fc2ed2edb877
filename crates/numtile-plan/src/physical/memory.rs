//! The projected peak: all of a plan's memory, as arithmetic.
//!
//! Peak of a pass = results held for later passes + tiles in flight + scratch of the computing threads + scratch of
//! the reading threads + accumulators of reductions + a fixed allowance for what lies outside the pool. Every number here is what the executor really allocates, rounded
//! as the pool rounds it. Results delivered in memory are the user's and are not part of it.

use numtile_core::memory::rounded;
use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;

use super::call::{CallBlock, CallOutput};
use super::operand::{
    Base, Block, BlockKind, Fragment, Operand, OperandKind, Scatter, ScatterPlaces, Select, SelectFrom, Space,
    with_fringe,
};
use super::pass::{End, Group, Pass, ReduceEnd, Walk};
use super::relay::Relay;
use super::scan::ScanBlock;
use super::stages::{Stage, Target};
use super::tiling::{Traffic, tile_bytes};
use super::{Held, Output, reshape};
use crate::expr::view::View;
use crate::expr::{Along, Expr, Part};

/// Alignment of every piece of a computing thread's scratch.
pub const SCRATCH_ALIGN: usize = 64;
/// Scratch of one reading thread: scattered elements are read through it in larger runs.
pub const READ_SCRATCH: usize = 256 << 10;
/// What an evaluation takes outside the pool: thread stacks and heaps, queues, the plan itself. Measured at up to
/// 2.7 MB with two threads; tests hold real peaks to it.
pub const OVERHEAD: u64 = 4 << 20;
/// Accumulators up to this size live on the heap, where they need no page of their own.
pub const SMALL_STATE: usize = 2048;

fn aligned(bytes: usize) -> u64 {
    (bytes.div_ceil(SCRATCH_ALIGN) * SCRATCH_ALIGN) as u64
}

/// Bytes of held results that are alive while pass `number` runs.
pub fn held_bytes(held: &[Held], stages: &[Stage], number: usize) -> u64 {
    let alive = |stage: usize, id: usize| stage <= number && held[id].last_use >= number;
    stages
        .iter()
        .enumerate()
        .flat_map(|(at, stage)| stage.tasks.iter().flat_map(move |task| task.targets.iter().map(move |t| (at, t))))
        .filter_map(|(at, target)| match target {
            Target::Held(id) if alive(at, *id) => Some(rounded(array_bytes(&held[*id])) as u64),
            _ => None,
        })
        .sum()
}

fn array_bytes(held: &Held) -> usize {
    held.shape.iter().product::<usize>() * held.dtype.size()
}

/// Bytes that a node takes when it is held in memory.
pub fn held_size(expr: &Expr) -> u64 {
    usize::try_from(expr.nbytes()).map_or(u64::MAX, |bytes| rounded(bytes.min(usize::MAX / 2)) as u64)
}

/// Bytes of the buffers of a tile, by when it holds them.
#[derive(Clone, Copy, Debug, Default)]
pub struct TileBytes {
    /// What is read or assembled, until it is computed.
    pub loads: u64,
    /// What assembling takes meanwhile.
    pub inside: u64,
    /// What is written, from computing on.
    pub writes: u64,
}

/// Who works on tiles in flight at once.
#[derive(Clone, Copy, Debug)]
pub struct Crew {
    /// Tiles in flight at most.
    pub slots: usize,
    /// Threads that compute.
    pub workers: usize,
    /// Threads that read.
    pub readers: usize,
}

impl Crew {
    /// The same for no more tiles than there are.
    pub fn on(&self, grid: &Grid) -> Crew {
        Crew { slots: self.slots.min(grid.len().max(1)), ..*self }
    }
}

impl TileBytes {
    /// Bytes of all tiles in flight: each holds what it reads or what it writes, those being computed both, and those being
    /// read what assembling takes.
    pub fn in_flight(&self, crew: &Crew) -> u64 {
        let times = |count: usize, bytes: u64| bytes.saturating_mul(count.min(crew.slots) as u64);
        times(crew.slots, self.loads.max(self.writes))
            .saturating_add(times(crew.workers, self.loads.min(self.writes)))
            .saturating_add(times(crew.readers, self.inside))
    }
}

/// Bytes of the buffers that one tile of this shape holds while it is in flight.
pub fn tile_need(operands: &[Operand], groups: &[Group], outputs: &[Output], tile: &[usize]) -> TileBytes {
    let Loaded { held, inside } = all_loaded(operands, tile);
    let count = tile.iter().fold(1u64, |n, &len| n.saturating_mul(len as u64));
    let writes: u64 = groups
        .iter()
        .flat_map(|group| &group.ends)
        .map(|end| match end {
            End::Store(store) => {
                // A buffer on its way to a file, and one to copy values to a second place.
                let buffers = u64::from(is_file(&store.targets, outputs)) + u64::from(store.targets.len() > 1);
                buffers * rounded(count.saturating_mul(store.dtype.size() as u64) as usize) as u64
            }
            End::Reduce(_) => 0,
        })
        .sum();
    TileBytes { loads: held, inside, writes }
}

/// True when one of the targets is a file or scratch.
pub fn is_file(targets: &[Target], outputs: &[Output]) -> bool {
    targets.iter().any(|target| match target {
        Target::Output(number) => outputs[*number].file.is_some(),
        Target::Spilled(_) => true,
        Target::Held(_) => false,
    })
}

/// Bytes of what is read or assembled of operands, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loaded {
    /// Of the buffers that stay.
    pub held: u64,
    /// Of what assembling one takes meanwhile.
    pub inside: u64,
}

/// The bytes of all operands for a tile of this shape.
fn all_loaded(operands: &[Operand], tile: &[usize]) -> Loaded {
    operands.iter().map(|operand| loaded(operand, tile)).fold(Loaded::default(), Loaded::then)
}

impl Loaded {
    /// What stays of nothing but buffers.
    fn plain(held: u64) -> Loaded {
        Loaded { held, inside: 0 }
    }

    /// Both, one after the other.
    fn then(self, next: Loaded) -> Loaded {
        Loaded { held: self.held.saturating_add(next.held), inside: self.inside.max(next.inside) }
    }

    /// The most that is there at once, with so much behind that is taken when all is there.
    fn with(self, scratch: u64) -> u64 {
        self.held.saturating_add(self.inside.max(scratch))
    }
}

/// The bytes of an operand for a tile of this shape.
fn loaded(operand: &Operand, tile: &[usize]) -> Loaded {
    match &operand.kind {
        OperandKind::Strided { base: Base::File(_), layout } => {
            let traffic = Traffic::read(layout.strides.clone(), operand.dtype.size());
            Loaded::plain(rounded(tile_bytes(&traffic, tile) as usize) as u64)
        }
        OperandKind::Records { layout, bytes, extra, .. } => {
            let traffic = Traffic { extra: extra.clone(), ..Traffic::read(layout.strides.clone(), *bytes) };
            Loaded::plain(rounded(tile_bytes(&traffic, tile) as usize) as u64)
        }
        OperandKind::Block { block, view, extra } => {
            block_need(block, &block_box(block, view, &with_fringe(tile, extra)))
        }
        _ => Loaded::default(),
    }
}

/// The lengths of the box of a block that a tile of this shape needs.
fn block_box(block: &Block, view: &View, tile: &[usize]) -> PerAxis<usize> {
    view.reach(tile).iter().zip(&block.shape).map(|(&reach, &len)| reach.min(len).max(1)).collect()
}

/// Bytes for a box of a block: its buffer, and what assembling it takes meanwhile.
pub fn block_need(block: &Block, lengths: &[usize]) -> Loaded {
    let count = lengths.iter().fold(1usize, |n, &len| n.saturating_mul(len));
    let mut buffer = rounded(count.saturating_mul(block.dtype.size())) as u64;
    let inside = match &block.kind {
        BlockKind::Concat(join) => join
            .distinct()
            .map(|part| {
                let mut lengths: PerAxis<usize> = lengths.into();
                lengths[join.axis] = lengths[join.axis].min(part.shape[join.axis]);
                space_need(part, &lengths)
            })
            .max()
            .unwrap_or(0),
        // Nothing is assembled of an empty array.
        BlockKind::Reshape(_) if block.shape.contains(&0) => 0,
        BlockKind::Reshape(space) => space_need(space, &reshape::reach(lengths, &block.shape, &space.shape)),
        BlockKind::GatherFile { index, .. } => gather_need(index, count),
        BlockKind::GatherComputed { table, axis, index } => {
            let mut box_lengths: PerAxis<usize> = lengths[..*axis].into();
            let at: usize = lengths[*axis..*axis + index.shape.len()].iter().fold(1, |n, &len| n.saturating_mul(len));
            box_lengths.push(at.min(table.shape[*axis]).max(1));
            box_lengths.extend_from_slice(&lengths[*axis + index.shape.len()..]);
            gather_need(index, count)
                .saturating_add(space_need(table, &box_lengths))
                .saturating_add(READ_SCRATCH as u64)
        }
        BlockKind::Scan(scan) => match scan.relay() {
            Some(relay) => {
                // Totals wait with the values, and states are made before those are let go.
                let states = rounded(scan.state_bytes(scan.sequences(lengths))) as u64;
                buffer =
                    buffer.saturating_add(rounded(scan.totals_bytes(relay, lengths)) as u64).saturating_add(states);
                space_need(&scan.space, lengths)
            }
            None => scan_need(scan, lengths),
        },
        BlockKind::Call(call) => {
            buffer = buffer.saturating_add(outputs_bytes(&call.outputs[1..], count));
            call_need(call, &block.shape, lengths)
        }
        BlockKind::Select(select) => select_need(block, select, lengths[0], count, &rows_need(lengths)),
        BlockKind::Scatter(scatter) => scatter_need(block, scatter, lengths[0], count, &rows_need(lengths)),
    };
    Loaded { held: buffer, inside }
}

/// Bytes for the index of a look-up of `count` elements: the positions, and their numbers in ascending order.
fn gather_need(index: &Space, count: usize) -> u64 {
    let count = count.min(index.shape.iter().product::<usize>().max(1));
    let positions = rounded(count.saturating_mul(8)).saturating_add(rounded(count.saturating_mul(4)));
    space_need_flat(index, count).saturating_add(positions as u64)
}

/// Bytes for evaluating some rows of a space, given how many.
type RowsNeed<'a> = dyn Fn(&Space, usize) -> u64 + 'a;

fn rows_need(lengths: &[usize]) -> impl Fn(&Space, usize) -> u64 {
    move |space, rows| {
        let mut lengths: PerAxis<usize> = lengths.into();
        lengths[0] = rows;
        space_need(space, &lengths)
    }
}

/// What selecting `rows` rows, `count` elements in all, takes beside their buffer: a piece of the mask, and the rows of
/// which some are selected.
fn select_need(block: &Block, select: &Select, rows: usize, count: usize, need: &RowsNeed<'_>) -> u64 {
    let piece = select.counts.piece(rows);
    let flags = rounded(piece) as u64;
    let inside = match &select.from {
        SelectFrom::Elements(space) => {
            let elements = rounded(piece.saturating_mul(block.dtype.size())) as u64;
            elements.saturating_add(space_need(space, &[piece]))
        }
        SelectFrom::Rows { mask, rows: from } => {
            let looked_at = rounded(count.saturating_mul(block.dtype.size())) as u64;
            looked_at.saturating_add(space_need(mask, &[piece]).max(need(from, rows)))
        }
    };
    flags.saturating_add(inside)
}

/// What a box of `rows` rows, `count` elements in all, of an array with rows put into it takes beside its buffer: first
/// the array's own rows, then those that replace some of them.
fn scatter_need(block: &Block, scatter: &Scatter, rows: usize, count: usize, need: &RowsNeed<'_>) -> u64 {
    let most = rows.min(scatter.rows.shape[0]).max(1);
    let replacing = rounded(count.saturating_mul(block.dtype.size())) as u64;
    let replacing = replacing.saturating_add(need(&scatter.rows, most));
    let inside = match &scatter.places {
        ScatterPlaces::Positions(_) => replacing,
        ScatterPlaces::Mask { counts, mask } => {
            let piece = counts.piece(rows);
            (rounded(piece) as u64).saturating_add(space_need(mask, &[piece]).max(replacing))
        }
    };
    inside.max(need(&scatter.array, rows))
}

/// Bytes for evaluating a box of a space.
fn space_need(space: &Space, lengths: &[usize]) -> u64 {
    all_loaded(&space.operands, lengths).with(rounded(space_scratch(space)) as u64)
}

/// The same for a box of which only the number of elements is known.
fn space_need_flat(space: &Space, count: usize) -> u64 {
    let of_operand = |operand: &Operand| match &operand.kind {
        OperandKind::Strided { base: Base::File(_), .. } => {
            Loaded::plain(rounded(count.saturating_mul(operand.dtype.size())) as u64)
        }
        OperandKind::Records { bytes, extra, .. } => {
            Loaded::plain(rounded(fringed(count, extra).saturating_mul(*bytes)) as u64)
        }
        OperandKind::Block { block, view, extra } => flat_block_need(block, view, fringed(count, extra)),
        _ => Loaded::default(),
    };
    let loads = space.operands.iter().map(of_operand).fold(Loaded::default(), Loaded::then);
    loads.with(rounded(space_scratch(space)) as u64)
}

/// The most points that a box of `count` points has with its fringe, whatever its shape.
fn fringed(count: usize, extra: &[usize]) -> usize {
    extra.iter().fold(count, |n, &extra| n.saturating_mul(extra.saturating_add(1)))
}

fn flat_block_need(block: &Block, view: &View, count: usize) -> Loaded {
    // A box of `count` elements reaches at most `length · step` far along an input axis per axis that moves along it.
    let steps = view.moves.iter().fold(1usize, |n, m| n.saturating_mul(m.step.unsigned_abs() as usize));
    let most_moves = (0..view.ndim).map(|axis| view.moves.iter().filter(|m| m.axis == axis).count()).max().unwrap_or(0);
    let reach = count.saturating_pow(most_moves as u32).saturating_mul(steps);
    let count = reach.min(block.shape.iter().product());
    let mut buffer = rounded(count.saturating_mul(block.dtype.size())) as u64;
    let inside = match &block.kind {
        BlockKind::Concat(join) => join.distinct().map(|part| space_need_flat(part, count)).max().unwrap_or(0),
        BlockKind::Reshape(space) => space_need_flat(space, count),
        BlockKind::GatherFile { index, .. } => gather_need(index, count),
        BlockKind::GatherComputed { table, index, .. } => {
            gather_need(index, count).saturating_add(space_need_flat(table, count)).saturating_add(READ_SCRATCH as u64)
        }
        BlockKind::Select(select) => {
            select_need(block, select, count.min(block.shape[0]), count, &|space, _| space_need_flat(space, count))
        }
        BlockKind::Scatter(scatter) => {
            scatter_need(block, scatter, count.min(block.shape[0]), count, &|space, _| space_need_flat(space, count))
        }
        BlockKind::Scan(scan) => scan_need_flat(scan, count),
        BlockKind::Call(call) => {
            buffer = buffer.saturating_add(outputs_bytes(&call.outputs[1..], count));
            call_need_flat(call, &block.shape, count)
        }
    };
    Loaded { held: buffer, inside }
}

/// Bytes for the running values of a box: states, and what the run-up or the box itself takes, one after the other.
pub(super) fn scan_need(scan: &ScanBlock, lengths: &[usize]) -> u64 {
    let (sequences, whole) = match scan.part {
        Part::Elements => (scan.sequences(lengths), space_need(&scan.space, lengths)),
        Part::LeafEnds => (scan.party_sequences(lengths), 0),
    };
    (rounded(scan.state_bytes(sequences)) as u64).saturating_add(whole.max(run_up_need(scan, sequences)))
}

/// The same for a box of which only the number of elements is known.
fn scan_need_flat(scan: &ScanBlock, count: usize) -> u64 {
    (rounded(scan.state_bytes(count)) as u64).saturating_add(run_up_need(scan, count))
}

/// Bytes for a piece of so many sequences; smaller boxes can have larger pieces, but none larger than this.
fn run_up_need(scan: &ScanBlock, sequences: usize) -> u64 {
    let count = scan.piece_elements().max(sequences).min(scan.space.shape.iter().product());
    let values = rounded(count.saturating_mul(scan.scanner.dtype().size())) as u64;
    values.saturating_add(space_need_flat(&scan.space, count))
}

/// What a box of a call takes beside the buffers of its outputs: the arguments for one call, of which one is being computed,
/// and the results of one call where they are not what is needed as they are.
///
/// What the function itself takes is not known here.
fn call_need(call: &CallBlock, shape: &[usize], lengths: &[usize]) -> u64 {
    let count = |lengths: &[usize]| lengths.iter().fold(1usize, |n, &len| n.saturating_mul(len));
    let called = call.call_lengths(shape, lengths);
    let (mut held, mut computing) = (0u64, 0);
    for argument in &call.arguments {
        let reach = argument.reach(&called);
        held = held.saturating_add(values_bytes(&argument.space, count(&reach)));
        computing = computing.max(space_need(&argument.space, &reach));
    }
    let cut = if call.is_cut(shape, lengths) { outputs_bytes(&call.outputs, count(&called)) } else { 0 };
    held.saturating_add(computing).saturating_add(cut)
}

/// The same for a box of which only the number of elements is known.
fn call_need_flat(call: &CallBlock, shape: &[usize], count: usize) -> u64 {
    let is_blocked = |axis: usize| call.block[axis] > 0;
    // Of axes without blocks, if there are such, `count` positions in all are looked at.
    let free = if (0..shape.len()).all(is_blocked) { 1 } else { count };
    let blocks = (0..shape.len()).filter(|&axis| is_blocked(axis)).map(|axis| call.block[axis].min(shape[axis]));
    let called = blocks.fold(free, usize::saturating_mul).min(shape.iter().product());
    let (mut held, mut computing) = (0u64, 0);
    for argument in &call.arguments {
        let most = |(along, &length): (&Along, &usize)| match *along {
            Along::Whole => length,
            Along::Output { axis, before, after } => {
                let own = if is_blocked(axis) { call.block[axis] } else { 1 };
                own.saturating_add(before).saturating_add(after).min(length.max(1))
            }
        };
        let shape = &argument.space.shape;
        let is_free = |along: &Along| matches!(*along, Along::Output { axis, .. } if !is_blocked(axis));
        let free = if argument.axes.iter().any(is_free) { count } else { 1 };
        let reach = argument.axes.iter().zip(shape).map(most).fold(free, usize::saturating_mul);
        let reach = reach.min(shape.iter().product());
        held = held.saturating_add(values_bytes(&argument.space, reach));
        computing = computing.max(space_need_flat(&argument.space, reach));
    }
    held.saturating_add(computing).saturating_add(outputs_bytes(&call.outputs, called))
}

/// Bytes of the buffer for so many elements of a space.
fn values_bytes(space: &Space, count: usize) -> u64 {
    let item = space.dtypes.iter().map(|dtype| dtype.size()).sum();
    rounded(count.saturating_mul(item)) as u64
}

/// Bytes of the buffers for so many elements of each of these outputs.
fn outputs_bytes(outputs: &[CallOutput], count: usize) -> u64 {
    outputs.iter().map(|output| rounded(count.saturating_mul(output.dtype.size())) as u64).sum()
}

/// Scratch in which a thread evaluates a space strip by strip.
pub fn space_scratch(space: &Space) -> usize {
    let strip = strip_elements(&space.operands, &space.fragment);
    let outputs: u64 = space.dtypes.iter().map(|dtype| aligned(strip * dtype.size())).sum();
    (fragment_scratch(&space.operands, &space.fragment, strip) + outputs) as usize
}

/// Results of so many bytes are written past the caches, about half of the last of which they would fill: what is read
/// of them next would have been pushed out anyway.
pub const PAST_CACHES: usize = 16 << 20;

/// Bytes of the widest value of an elementwise strip, so that a handful of values stays in the first cache.
pub const STRIP: usize = 8 << 10;
/// The same for programs that are one call, which have no values on their way.
pub const LONG_STRIP: usize = 64 << 10;
/// Bytes of registers that a long strip may ask for.
const LONG_STRIP_REGISTERS: usize = 512 << 10;

/// Elements of an elementwise strip.
pub fn strip_elements(operands: &[Operand], fragment: &Fragment) -> usize {
    let inputs = fragment.operands.iter().map(|&number| operands[number].dtype.size());
    let steps = fragment.program.steps.iter().map(|step| step.output.size());
    let widest = inputs.chain(steps).max().unwrap_or(8);
    let long = LONG_STRIP / widest;
    let registers = fragment.interpreter.register_bytes_per_element() * long;
    if fragment.interpreter.is_one_call() && registers <= LONG_STRIP_REGISTERS { long } else { STRIP / widest }
}

/// Scratch for running a fragment on strips of up to `strip` elements: registers, gathered inputs and nested parts.
pub fn fragment_scratch(operands: &[Operand], fragment: &Fragment, strip: usize) -> u64 {
    let registers = aligned(fragment.interpreter.scratch_bytes(strip));
    let inputs: u64 = fragment.operands.iter().map(|&number| operand_scratch(operands, number, strip)).sum();
    registers + inputs
}

fn operand_scratch(operands: &[Operand], number: usize, strip: usize) -> u64 {
    let operand = &operands[number];
    let gathered = aligned(strip * operand.dtype.size());
    gathered
        + match &operand.kind {
            OperandKind::Nested { fragment, .. } => gathered + fragment_scratch(operands, fragment, strip),
            OperandKind::Gather(gather) => aligned(strip * 8) + fragment_scratch(operands, &gather.index, strip),
            OperandKind::Sequence { .. } => aligned(strip * 8),
            _ => 0,
        }
}

/// Scratch of one computing thread of a pass: the largest of its groups, one after the other.
pub fn worker_need(operands: &[Operand], groups: &[Group]) -> u64 {
    let largest = groups.iter().map(|group| group_scratch(operands, group)).max().unwrap_or(0);
    rounded(largest as usize) as u64
}

/// Labels of elements that are looked at together.
pub const LABELS: usize = 4096;

/// Scratch for one group.
pub fn group_scratch(operands: &[Operand], group: &Group) -> u64 {
    let outputs: u64 = group.output_types.iter().map(|dtype| aligned(group.strip * dtype.size())).sum();
    let labels =
        group.labels.as_ref().map_or(0, |labels| fragment_scratch(operands, labels, LABELS) + aligned(LABELS * 8));
    fragment_scratch(operands, &group.fragment, group.strip) + outputs + labels
}

/// Bytes of the batons of sequences that are on their way: those of every tile in flight may be others.
pub fn batons(operands: &[Operand], tile: &[usize], in_flight: usize) -> u64 {
    let relayed = operands.iter().filter_map(|operand| operand.relayed());
    let of_tile = |(scan, relay): (&ScanBlock, &Relay)| {
        let baton = scan.baton(relay, scan.sequences(tile));
        baton.pieces().map(|bytes| rounded(bytes) as u64).fold(0, u64::saturating_add)
    };
    relayed.map(of_tile).fold(0, u64::saturating_add).saturating_mul(in_flight as u64)
}

/// Bytes of accumulators that wait to be joined, and of finished ones on their way to a file.
pub fn accumulators(pass: &Pass, grid: &Grid, crew: &Crew) -> u64 {
    let mut total = 0u64;
    for group in &pass.groups {
        if let Walk::Reduce(walk) = &group.walk {
            let shape = TreeShape::new(pass, grid, walk, crew);
            for end in &group.ends {
                if let End::Reduce(end) = end {
                    total = total.saturating_add(shape.bytes(end, walk.groups() as u64));
                }
            }
        }
    }
    total
}

/// How many partial results of one reduction can be there at once.
struct TreeShape {
    /// Kept elements of a tile.
    kept: u64,
    waiting: u64,
    /// Results that are made of complete trees at once.
    finishing: u64,
}

impl TreeShape {
    fn new(pass: &Pass, grid: &Grid, walk: &super::pass::ReduceWalk, crew: &Crew) -> TreeShape {
        let tile = grid.tile();
        let leaves = |j: usize| pass.shape[walk.axes[j]].div_ceil(walk.edges[j]).max(1);
        let leaves_in_tile = |j: usize| tile[walk.axes[j]].div_ceil(walk.edges[j]).max(1);
        let levels = |j: usize| u64::from(leaves(j).ilog2()) + 2;
        let kept = walk.kept.iter().fold(1u64, |n, &axis| n.saturating_mul(tile[axis] as u64));
        let (in_flight, workers) = (crew.slots as u64, crew.workers.min(crew.slots) as u64);
        let finishing = workers;
        // Within a tile everything joins up to the last axis that the tile does not cover.
        let Some(partial) = (0..walk.axes.len()).rev().find(|&j| grid.boxes(walk.axes[j]) > 1) else {
            // Nothing leaves a tile but its results.
            let waiting = workers * (1 + (0..walk.axes.len()).map(levels).sum::<u64>());
            return TreeShape { kept, waiting, finishing };
        };
        let position = |axis: usize| pass.tiling.order.iter().position(|&a| a == axis).unwrap_or(0);
        let rows: u64 = (0..partial)
            .map(|j| {
                let outside = position(walk.axes[j]) < position(walk.axes[partial]);
                (if outside { leaves_in_tile(j) } else { leaves(j) }) as u64
            })
            .product();
        let per_tile = 2 * u64::from(leaves_in_tile(partial).ilog2()) + 1;
        // A block of kept elements stays open from its first tile to its last one.
        let first_reduced = walk.axes.iter().filter(|&&a| grid.boxes(a) > 1).map(|&a| position(a)).min();
        let open_blocks = walk
            .kept
            .iter()
            .filter(|&&axis| first_reduced.is_some_and(|first| position(axis) > first))
            .fold(1u64, |n, &axis| n.saturating_mul(grid.boxes(axis) as u64));
        // In each block some wait at every level; each tile in flight brings its own, and holds up one at every level while
        // others overtake it.
        let in_blocks = open_blocks
            .saturating_mul(rows.saturating_mul(levels(partial)).saturating_add((0..partial).map(levels).sum::<u64>()));
        let of_tiles = rows.saturating_mul(per_tile * (in_flight + 1) + levels(partial) * (in_flight - 1));
        TreeShape { kept, waiting: in_blocks.saturating_add(of_tiles), finishing }
    }

    fn bytes(&self, end: &ReduceEnd, groups: u64) -> u64 {
        let state = state_bytes(end.accumulator.state_bytes(self.kept));
        let results = self.kept.saturating_mul(groups).saturating_mul(end.dtype.size() as u64);
        state.saturating_mul(self.waiting).saturating_add(state_bytes(results).saturating_mul(self.finishing))
    }
}

/// Bytes that the accumulators of a box of kept elements take.
pub fn state_bytes(bytes: u64) -> u64 {
    // What no machine has must not become little where it is rounded up.
    if bytes <= SMALL_STATE as u64 { bytes } else { rounded(bytes.min(1 << 60) as usize) as u64 }
}
